import type { Config } from "../config.ts";

/** Jobs that a worker runs at the same time. */
export const JOBS_AT_ONCE = 2;
/** Connections that it may open: one for each of them, and one each for listening, the crontab, the heartbeat, the metrics. */
export const WORKER_CONNECTIONS = JOBS_AT_ONCE + 4;

/** How many connections one `rowhouse start` may open at the same time, while web processes are replaced included. */
export function connectionsNeeded({
  processes,
  worker,
  database,
}: Pick<Config, "processes" | "worker"> & { database: Pick<Config["database"], "poolSize"> }): number {
  // A pool for GraphQL, one for signing in, and what /readyz asks with.
  const ofWeb = 2 * database.poolSize + 1;
  const web = processes > 1 ? processes + 1 : 1;
  return web * ofWeb + (worker ? WORKER_CONNECTIONS : 0);
}
