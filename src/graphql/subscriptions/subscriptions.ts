import type pg from "pg";
import type { Caller } from "../../database/caller.ts";
import { describeError } from "../../http/describe_error.ts";
import type { Log } from "../../log.ts";
import { changedMarks } from "./marks.ts";
import { createPlaces, type Place } from "./places.ts";
import type { Subject } from "./subject.ts";

/** Milliseconds between looks. A subscription that must end does so within two seconds. */
const EVERY = 1_000;
/** Milliseconds after which a connection is cut whose client reads nothing of what it is sent. */
const UNREAD = 60_000;

/** The subscriptions that are open in this process. */
export interface Subscriptions {
  readonly size: number;
  /** @throws {Problem} 429 `too_many_subscriptions` */
  open(given: Opening): Subscription;
  /** Ends all that are open, and from now on each one after its first answer: the process leaves. */
  leave(): void;
  close(): void;
}

export interface Opening {
  readonly caller: Caller;
  readonly subject: Subject;
  /** When the access token that it was opened with expires, in milliseconds since 1970. */
  readonly expiresAt: number | undefined;
  /** Ends the connection. */
  readonly cut: () => void;
}

/** What comes next: something may have changed, its token has expired, the process leaves. */
export type Turn = "changed" | "expired" | "leaving";

export interface Subscription {
  /** Looks at what it watches: whatever changes after this, {@link next} tells of. */
  look(): Promise<void>;
  /** What comes next; null once the signal is aborted. */
  next(signal: AbortSignal): Promise<Turn | null>;
  readonly inTurn: Place["inTurn"];
  /** What {@link next} told of could not be asked: it is told again with the next look. */
  again(): void;
  /** Whether something that was sent waits for its client to read. */
  unread(waits: boolean): void;
  close(): void;
}

interface Entry extends Opening {
  mark: string | null;
  turn: Turn | null;
  /** Wakes who waits for the next turn. */
  wake: () => void;
  /** On the clock of `performance.now()`. */
  unreadSince: number | null;
}

/** @param auth asked once a second for all subscriptions together (auth.watch_subscriptions) */
export function openSubscriptions(
  { auth, log }: { auth: Pick<pg.Pool, "query">; log: Log },
  limits: { readonly most: number; readonly perCredential: number },
): Subscriptions {
  const entries = new Set<Entry>();
  const places = createPlaces(limits);
  let leaving = false;
  let looking = false;
  const timer = setInterval(watch, EVERY).unref();

  async function watch(): Promise<void> {
    for (const entry of entries) {
      if (entry.expiresAt !== undefined && Date.now() >= entry.expiresAt) tell(entry, "expired");
      if (entry.unreadSince !== null && performance.now() - entry.unreadSince > UNREAD) entry.cut();
    }
    if (looking || entries.size === 0) return;
    looking = true;
    try {
      await look([...entries]);
    } catch (error) {
      log.warn({ err: describeError(error) }, "subscriptions could not be watched");
    } finally {
      looking = false;
    }
  }

  async function look(watched: readonly Entry[]): Promise<void> {
    for (const [entry, mark] of await changedMarks(auth, watched)) {
      entry.mark = mark;
      tell(entry, "changed");
    }
  }

  /** An end stays one, whatever changes beside it. */
  function tell(entry: Entry, turn: Turn): void {
    if (entry.turn === null || entry.turn === "changed") entry.turn = turn;
    entry.wake();
  }

  return {
    get size() {
      return entries.size;
    },
    open(given) {
      const place = places.take(given.caller);
      const entry: Entry = {
        ...given,
        mark: null,
        turn: leaving ? "leaving" : null,
        wake() {},
        unreadSince: null,
      };
      entries.add(entry);
      return {
        async look() {
          try {
            await look([entry]);
            // Nothing was asked yet that could have changed.
            if (entry.turn === "changed") entry.turn = null;
          } catch (error) {
            // Without a mark it is told of with the first look that succeeds.
            log.warn({ err: describeError(error) }, "a subscription could not be looked at");
          }
        },
        async next(signal) {
          while (entry.turn === null && !signal.aborted) {
            const { promise, resolve } = Promise.withResolvers<void>();
            const wake = (): void => resolve();
            entry.wake = wake;
            signal.addEventListener("abort", wake);
            await promise;
            signal.removeEventListener("abort", wake);
          }
          if (signal.aborted) return null;
          const { turn } = entry;
          if (turn === "changed") entry.turn = null;
          return turn;
        },
        inTurn: place.inTurn,
        again() {
          entry.mark = null;
        },
        unread(waits) {
          entry.unreadSince = waits ? performance.now() : null;
        },
        close() {
          if (entries.delete(entry)) place.leave();
        },
      };
    },
    leave() {
      leaving = true;
      for (const entry of entries) tell(entry, "leaving");
    },
    close() {
      clearInterval(timer);
    },
  };
}
