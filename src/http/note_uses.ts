import type { Middleware } from "koa";
import type { Identity } from "../auth/identity.ts";
import { nameOf } from "../database/caller.ts";
import type { Log } from "../log.ts";
import { RecentlyUsed } from "../recently_used.ts";
import { describeError } from "./describe_error.ts";
import type { RequestState } from "./request_facts.ts";

/** Sessions to remember: about 100 bytes each. */
const REMEMBERED = 10_000;
/** Milliseconds between two notes of a session that goes on with the same tokens. */
const SEEN = 5 * 60_000;

interface Noted {
  readonly counter: number;
  /** On the clock of `performance.now()`. */
  readonly at: number;
}

/**
 * Tells the database that a session's tokens are in use: at the first request with new ones, which means that the answer
 * to the last refresh arrived and the token before is no good any more (`auth.is_replay`); and every five minutes, for
 * the list of one's sessions. All other requests cost one look into a map.
 *
 * Only what the door let in counts, so it comes after the request; the answer waits for it, so that whoever has the
 * answer to a first request can count on it. If it fails, the next request tries again.
 */
export function noteUses(identity: Pick<Identity, "noteUse">, log: Log): Middleware<RequestState> {
  const noted = new RecentlyUsed<string, Noted>(REMEMBERED);

  return async (ctx, next) => {
    await next();
    const { caller, counter } = ctx.state;
    if (!caller || counter === undefined || ctx.status === 401) return;
    const name = nameOf(caller);
    const last = noted.get(name);
    // Tabs go on with the older token for a while: it has been noted too.
    if (last && counter <= last.counter && performance.now() - last.at < SEEN) return;
    try {
      const at = performance.now();
      if (await identity.noteUse(caller, counter)) {
        noted.set(name, { counter: Math.max(counter, last?.counter ?? 0), at });
      }
    } catch (error) {
      log.warn({ err: describeError(error) }, "the use of a session could not be noted");
    }
  };
}
