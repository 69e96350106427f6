import { setInterval } from "node:timers/promises";
import type { Runner } from "graphile-worker";
import type pg from "pg";
import type { Log } from "../log.ts";

/** Milliseconds between looks into the outbox: the crontab, which queues the job too, knows minutes only. */
const INTERVAL = 2_000;
/** The job that sends. */
const NAME = "deliver_webhooks";

/**
 * Queues the job that sends webhooks whenever something is due that no worker has in hand, until it is told to stop. The
 * job's key keeps it one of a kind while it waits.
 */
export async function watchWebhooks(
  database: Pick<pg.Pool, "query">,
  runner: () => Pick<Runner, "addJob">,
  log: Log,
  signal: AbortSignal,
  interval = INTERVAL,
): Promise<void> {
  try {
    for await (const _ of setInterval(interval, undefined, { signal })) {
      try {
        const { rows } = await database.query<{ due: boolean }>("select jobs.webhooks_due() as due");
        if (rows[0]?.due) await runner().addJob(NAME, {}, { jobKey: NAME });
      } catch (err) {
        // The heartbeat says that the database is away.
        log.debug({ err }, "the outbox of webhooks is out of reach");
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
