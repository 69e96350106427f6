import { setInterval } from "node:timers/promises";
import type { Runner } from "graphile-worker";
import type pg from "pg";
import type { Log } from "../log.ts";

/** Milliseconds between looks: the crontab, which queues the jobs too, knows minutes only. */
const INTERVAL = 2_000;

/** A job that does what somebody waits for, and how to ask whether there is any that no worker has in hand. */
export interface Watched {
  readonly job: string;
  readonly due: string;
  /** Whether this process has it in hand already, and wants no second one beside it. */
  readonly busy?: () => boolean;
}

/**
 * Queues each of the jobs whenever there is something for it, until it is told to stop. A job's key keeps it one of a kind
 * while it waits.
 */
export async function watchDue(
  watched: readonly Watched[],
  database: Pick<pg.Pool, "query">,
  runner: () => Pick<Runner, "addJob">,
  log: Log,
  signal: AbortSignal,
  interval = INTERVAL,
): Promise<void> {
  try {
    for await (const _ of setInterval(interval, undefined, { signal })) {
      for (const { job, due, busy } of watched) {
        if (busy?.()) continue;
        try {
          const { rows } = await database.query<{ due: boolean }>(due);
          if (rows[0]?.due) await runner().addJob(job, {}, { jobKey: job });
        } catch (err) {
          // The heartbeat says that the database is away.
          log.debug({ err, job }, "what is due is out of reach");
        }
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
