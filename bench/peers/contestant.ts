import type { Load } from "./load/load.ts";
import type { Operation } from "./operations.ts";

/** What a contestant is to repeat. */
export interface Task {
  readonly operation: Operation;
  readonly connections: number;
  /** That count; it begins with some that do not. */
  readonly seconds: number;
}

/** Told when what counts begins, with all connections open, and when it ends. */
export interface Window {
  begin(): void;
  end(): void;
}

/** One that is measured. */
export interface Contestant {
  readonly name: string;
  readonly operations: ReadonlySet<Operation>;
  /** The web process; null: there is none. */
  readonly web: number | null;
  /** PostgreSQL's server process. */
  readonly database: number;
  /** Repeats a task for its time, and checks each answer. `created` has those that do not count, too. */
  load(task: Task, window: Window): Promise<Load>;
  /** Told before an operation that writes; returns what checks that it all arrived, and removes it. */
  beforeWrites(): Promise<(created: number) => Promise<void>>;
  /** Bytes that the backends of its connections share with nobody. */
  backendMemory(): Promise<number>;
}
