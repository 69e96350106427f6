import pg from "pg";
import { type Telling, tellInTurn } from "../auth/telling.ts";
import { describeError } from "../http/describe_error.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { type Access, type WaitingAccess, waitingAccesses } from "./waiting_accesses.ts";

/** Milliseconds that a success may wait to be told of. */
const INTERVAL = 1_000;
/** Requests that are told of in one statement. */
const AT_ONCE = 200;
/** Requests that wait to be told of: about 500 bytes each. */
const MOST = 10_000;
/** Milliseconds after a failure in which nothing is told at once: a database that is away comes back no sooner for being asked. */
const REST = 1_000;

const MISSING = "requests are missing from the trail";

/** Tells the trail of requests to the API. */
export interface Accesses extends Telling {
  note(access: Access): void;
  /** Tells the rest. What cannot be told is in the log, and no reason to end in failure. */
  close(): Promise<void>;
}

/**
 * Keeps in memory what was answered, and tells the database at once of what failed or was privileged, of the rest once a second
 * and at the end: no request waits for a write. A process that is killed loses a second of successes.
 *
 * Where the database is away they wait, up to ten thousand; what comes then is lost, successes first. How many that were is in
 * the log, in /metrics, and in the trail itself, with what is told next.
 *
 * @param auth connected as rowhouse_auth
 * @param which `notable`: successes leave no event, unless they were privileged
 */
export function recordAccesses(
  auth: Pick<pg.Pool, "query">,
  {
    log,
    metrics,
    which,
  }: { readonly log: Log; readonly metrics: Pick<Metrics, "accesses">; readonly which: "all" | "notable" },
): Accesses {
  const waiting = waitingAccesses(MOST, lose);
  /** Of how many nothing is known any more, until the trail has heard it. */
  let lost = 0;
  let asked = false;
  let resting = Number.NEGATIVE_INFINITY;

  const telling = tellInTurn(tell, INTERVAL, log, "requests are not in the trail yet");
  return {
    flush: telling.flush,
    async close() {
      const failure = await telling.close().then(
        () => null,
        (error: unknown) => error,
      );
      for (const { times } of waiting.take()) lose(times);
      if (lost === 0) return;
      log.error({ requests: lost, ...(failure !== null && { err: describeError(failure) }) }, MISSING);
    },
    note(access) {
      if (!access.notable && which === "notable") return;
      const now = performance.now();
      const urgent = waiting.add({ ...access, ended: now, times: 1, settled: false });
      if (!(urgent || waiting.daily >= AT_ONCE) || asked || now - resting < REST) return;
      asked = true;
      void telling.flush();
    },
  };

  async function tell(): Promise<void> {
    asked = false;
    const told = waiting.take();
    for (let done = 0; done < told.length; done += AT_ONCE) {
      try {
        await tellOf(told.slice(done, done + AT_ONCE));
      } catch (error) {
        resting = performance.now();
        const since = waiting.take();
        for (const access of [...told.slice(done), ...since]) if (!access.settled) waiting.add(access);
        throw error;
      }
    }
  }

  async function tellOf(now: readonly WaitingAccess[]): Promise<void> {
    const missing = lost;
    try {
      await auth.query({
        name: "record_requests",
        text: "select auth.record_requests($1, $2, $3)",
        values: [now.map(({ caller }) => caller.credential), JSON.stringify(now.map(lineOf)), missing],
      });
    } catch (error) {
      if (!isOfData(error)) throw error;
      // One that the database does not take keeps no other from it.
      if (now.length > 1) {
        const half = Math.ceil(now.length / 2);
        await tellOf(now.slice(0, half));
        await tellOf(now.slice(half));
        return;
      }
      log.error({ err: describeError(error) }, "a request cannot be told to the trail");
      now[0]!.settled = true;
      lose(now[0]!.times);
      return;
    }
    for (const access of now) access.settled = true;
    metrics.accesses.inc({ outcome: "written" }, now.length);
    if (missing > 0) log.error({ requests: missing }, MISSING);
    lost -= missing;
  }

  function lose(requests: number): void {
    lost += requests;
    metrics.accesses.inc({ outcome: "lost" }, requests);
  }
}

/** Whether an error is about what was told, and would be the same the next time (classes 22, 23 and 54 of SQLSTATE). */
function isOfData(error: unknown): boolean {
  return error instanceof pg.DatabaseError && /^(22|23|54)/.test(error.code ?? "");
}

function lineOf({ caller, status, detail, ended, times }: WaitingAccess): object {
  const { request_id, ip, user_agent } = caller.facts;
  const seconds = (performance.now() - ended) / 1_000;
  return { request_id, ip, user_agent, seconds, status, times, detail };
}
