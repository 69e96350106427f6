import type pg from "pg";
import { type Telling, tellInTurn } from "../auth/telling.ts";
import { type Caller, nameOf } from "../database/caller.ts";
import { isUnavailable } from "../database/unavailable.ts";
import { describeError } from "../http/describe_error.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";

/** Milliseconds that a success may wait to be told of. */
const INTERVAL = 1_000;
/** Requests that are told of in one statement. */
const AT_ONCE = 200;
/** Requests that wait to be told of: about 500 bytes each. */
const MOST = 10_000;
/** Milliseconds after a failure in which nothing is told at once: a database that is away comes back no sooner for being asked. */
const REST = 1_000;

const MISSING = "requests are missing from the trail";

/** A request that was answered. */
export interface Access {
  readonly caller: Caller;
  readonly status: number;
  /** It failed, or was privileged: it is told of at once, and rather than a success. */
  readonly notable: boolean;
  /** What its event says of it. */
  readonly detail: object;
}

/** Tells the trail of requests to the API. */
export interface Accesses extends Telling {
  note(access: Access): void;
  /** Tells the rest. What cannot be told is in the log, and no reason to end in failure. */
  close(): Promise<void>;
}

interface Waiting extends Access {
  /** When it ended, on the clock of `performance.now()`. */
  readonly ended: number;
  /** How many were like it. */
  times: number;
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
  /** What is told of first, and what may be lost for it. */
  let notable: Waiting[] = [];
  let daily: Waiting[] = [];
  /** Of those that wait, whom the door or a limit kept out: whoever knocks a thousand times a second is one line. */
  let keptOut = new Map<string, Waiting>();
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
      for (const { times } of [...notable, ...daily]) lose(times);
      if (lost === 0) return;
      log.error({ requests: lost, ...(failure !== null && { err: describeError(failure) }) }, MISSING);
    },
    note(access) {
      if (!access.notable && which === "notable") return;
      if (add({ ...access, ended: performance.now(), times: 1 })) atOnce(access);
    },
  };

  /** @returns whether it waits now */
  function add(access: Waiting): boolean {
    if (access.status === 401 || access.status === 429) {
      const name = `${nameOf(access.caller)} ${access.status}`;
      const alike = keptOut.get(name);
      if (alike) {
        alike.times += access.times;
        return true;
      }
      keptOut.set(name, access);
    }
    if (notable.length + daily.length >= MOST) {
      if (!access.notable || daily.length === 0) {
        lose(access.times);
        return false;
      }
      daily.pop();
      lose(1);
    }
    (access.notable ? notable : daily).push(access);
    return true;
  }

  function atOnce({ notable }: Access): void {
    const many = daily.length >= AT_ONCE;
    if (!(notable || many) || asked || performance.now() - resting < REST) return;
    asked = true;
    void telling.flush();
  }

  async function tell(): Promise<void> {
    asked = false;
    const told = [...notable, ...daily];
    [notable, daily, keptOut] = [[], [], new Map()];
    for (let done = 0; done < told.length; done += AT_ONCE) {
      try {
        await tellOf(told.slice(done, done + AT_ONCE));
      } catch (error) {
        resting = performance.now();
        const since = [...notable, ...daily];
        [notable, daily, keptOut] = [[], [], new Map()];
        for (const access of [...told.slice(done), ...since]) add(access);
        throw error;
      }
    }
  }

  async function tellOf(now: readonly Waiting[]): Promise<void> {
    const missing = lost;
    try {
      await auth.query({
        name: "record_requests",
        text: "select auth.record_requests($1, $2, $3)",
        values: [now.map(({ caller }) => caller.credential), JSON.stringify(now.map(lineOf)), missing],
      });
    } catch (error) {
      if (isUnavailable(error)) throw error;
      // One that the database does not take keeps no other from it.
      if (now.length > 1) {
        const half = Math.ceil(now.length / 2);
        await tellOf(now.slice(0, half));
        await tellOf(now.slice(half));
        return;
      }
      log.error({ err: describeError(error) }, "a request cannot be told to the trail");
      lose(1);
      return;
    }
    metrics.accesses.inc({ outcome: "written" }, now.length);
    if (missing > 0) log.error({ requests: missing }, MISSING);
    lost -= missing;
  }

  function lose(requests: number): void {
    if (requests === 0) return;
    lost += requests;
    metrics.accesses.inc({ outcome: "lost" }, requests);
  }
}

function lineOf({ caller, status, detail, ended, times }: Waiting): object {
  const { request_id, ip, user_agent } = caller.facts;
  const seconds = (performance.now() - ended) / 1_000;
  return { request_id, ip, user_agent, seconds, status, times, detail };
}
