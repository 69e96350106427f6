import { hostname } from "node:os";
import { setInterval } from "node:timers/promises";
import type pg from "pg";
import type { Log } from "../log.ts";

/** Milliseconds between heartbeats. */
const INTERVAL = 15_000;

/** Says once that this worker is alive: `/readyz` asks when one last did. */
export async function beat(database: Pick<pg.Pool, "query">): Promise<void> {
  await database.query("select jobs.beat($1)", [`${hostname()}:${process.pid}`]);
}

/**
 * Beats until it is told to stop. A database that does not answer is reported once and tried again with
 * the next beat.
 */
export async function keepBeating(
  database: Pick<pg.Pool, "query">,
  log: Log,
  signal: AbortSignal,
  interval = INTERVAL,
): Promise<void> {
  let missed = 0;
  try {
    for await (const _ of setInterval(interval, undefined, { signal })) {
      try {
        await beat(database);
        if (missed > 0) log.info({ missed }, "the worker's heartbeat is back");
        missed = 0;
      } catch (err) {
        missed += 1;
        if (missed === 1) log.warn({ err }, "the worker's heartbeat does not reach the database");
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
