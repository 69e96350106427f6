import type { Contestant, Window } from "./contestant.ts";
import type { Operation } from "./operations.ts";
import { cpuOf, cpuOfFamily, cpuOfMachine, peakMemoryOf } from "./processes.ts";

/** Under what circumstances. */
export interface Scenario {
  readonly connections: number;
  /** Milliseconds of the network between the web process and PostgreSQL. */
  readonly roundTrip: number;
}

/** One turn of one contestant. Milliseconds where nothing else is said. */
export interface Sample {
  /** Requests per second. */
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  /** CPU per request; null: there is no web process. */
  readonly web: number | null;
  readonly database: number;
  /** How many cores others kept busy meanwhile, who have nothing to do with it. */
  readonly others: number;
  /** Bytes: the most that the web process has had so far, and what the backends share with nobody. */
  readonly memory: { readonly web: number; readonly backends: number };
}

export interface Result {
  readonly scenario: Scenario;
  readonly operation: Operation;
  readonly contestant: string;
  readonly samples: readonly Sample[];
}

export interface RoundsOptions {
  readonly scenario: Scenario;
  readonly operations: readonly Operation[];
  readonly contestants: readonly Contestant[];
  readonly rounds: number;
  readonly seconds: number;
  /** Processes of the bench itself: the load, and this one with its proxy. */
  readonly own: readonly number[];
  readonly report: (progress: string) => void;
}

/**
 * Lets the contestants take turns at each operation, several times round, so that a noisy moment hits all of them; with
 * each round another one begins. A round before the first is not counted: caches fill, code gets compiled.
 */
export async function runRounds(options: RoundsOptions): Promise<Result[]> {
  const { scenario, operations, contestants, rounds, seconds, own, report } = options;
  const results: Result[] = [];
  for (const operation of operations) {
    const able = contestants.filter((contestant) => contestant.operations.has(operation));
    const samples = new Map(able.map((contestant) => [contestant, [] as Sample[]]));
    for (let round = -1; round < rounds; round++) {
      report(
        `${describe(scenario)}: ${operation}, ${round < 0 ? "warming up" : `round ${round + 1} of ${rounds}`}`,
      );
      for (const n of able.keys()) {
        const contestant = able[(n + round + able.length) % able.length]!;
        const sample = await measure(contestant, operation, scenario, round < 0 ? seconds / 2 : seconds, own);
        if (round >= 0) samples.get(contestant)?.push(sample);
      }
    }
    for (const [{ name }, taken] of samples) {
      results.push({ scenario, operation, contestant: name, samples: taken });
    }
  }
  return results;
}

/** `16 connections, 10 ms network` */
export function describe({ connections, roundTrip }: Scenario): string {
  const callers = connections === 1 ? "1 connection" : `${connections} connections`;
  return roundTrip === 0 ? callers : `${callers}, ${roundTrip} ms network`;
}

async function measure(
  contestant: Contestant,
  operation: Operation,
  { connections }: Scenario,
  seconds: number,
  own: readonly number[],
): Promise<Sample> {
  const { web } = contestant;
  const writes = operation === "create" || operation === "mixed";
  const settle = writes ? await contestant.beforeWrites() : null;
  const counting = stopwatch(() => clocks(contestant, own));
  const { requests, created, took, p50, p99 } = await contestant.load(
    { operation, connections, seconds },
    counting.window,
  );
  const used = counting.difference();
  const backends = await contestant.backendMemory();
  await settle?.(created);
  return {
    rate: (requests * 1_000) / took,
    p50,
    p99,
    web: web === null ? null : used.web / requests,
    database: used.database / requests,
    others: Math.max(0, used.machine - used.web - used.database - used.own) / used.time,
    memory: { web: web === null ? 0 : peakMemoryOf(web), backends },
  };
}

/** Milliseconds: the time, and the CPU that everybody has used. */
function clocks({ web, database }: Contestant, own: readonly number[]) {
  return {
    time: performance.now(),
    machine: cpuOfMachine(),
    web: web === null ? 0 : cpuOf(web),
    database: cpuOfFamily(database),
    own: own.reduce((sum, pid) => sum + cpuOf(pid), 0),
  };
}

type Clocks = ReturnType<typeof clocks>;

function stopwatch(read: () => Clocks): { window: Window; difference(): Clocks } {
  let began = read();
  let ended = began;
  return {
    window: {
      begin() {
        began = read();
      },
      end() {
        ended = read();
      },
    },
    difference: () => ({
      time: ended.time - began.time,
      web: ended.web - began.web,
      database: ended.database - began.database,
      own: ended.own - began.own,
      machine: ended.machine - began.machine,
    }),
  };
}
