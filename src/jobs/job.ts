import type pg from "pg";
import type { Config } from "../config.ts";

/** What a job works with. */
export interface JobContext {
  /** Connections as rowhouse_worker, which may execute `jobs.*` and read no table of a tenant. */
  readonly database: Pick<pg.Pool, "query">;
  readonly config: JobConfig;
}

/** The settings that jobs need. */
export type JobConfig = Pick<Config, "masterKey" | "previousMasterKey" | "accessTokenAlgorithm">;

/**
 * A background job. It takes no data, so that the queue holds none; run twice, it does no more than once.
 *
 * @returns what it did, in a few figures for the log
 */
export type Job = (context: JobContext) => Promise<JobResult>;

export type JobResult = Readonly<Record<string, number | boolean | string>>;

/** The one value that `select jobs.<name>(…)` returns. */
export async function callFunction<T>(
  { database }: JobContext,
  sql: string,
  values: readonly unknown[] = [],
): Promise<T> {
  const { rows } = await database.query<[T]>({ text: sql, values: [...values], rowMode: "array" });
  const [row] = rows;
  if (!row) throw new Error(`${sql} returned no row`);
  return row[0];
}
