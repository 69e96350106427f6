import type pg from "pg";
import { type Caller, nameOf } from "../../database/caller.ts";
import { describeError } from "../../http/describe_error.ts";
import { Problem } from "../../http/problem.ts";
import type { Log } from "../../log.ts";
import { changedMarks } from "./marks.ts";
import type { Subject } from "./subject.ts";

/** Milliseconds between looks. A subscription that must end does so within two seconds. */
const EVERY = 1_000;
/** Milliseconds after which a connection is cut whose client reads nothing of what it is sent. */
const UNREAD = 60_000;
/** How many of a tenant's subscriptions are asked again at once: whoever sends a request is not to wait for all of them. */
const AT_ONCE = 2;

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

/** Why a subscription goes on: something may have changed, its token has expired, the process leaves. */
export type Turn = "changed" | "expired" | "leaving";

export interface Subscription {
  readonly caller: Caller;
  /** Looks at what it watches: whatever changes after this, {@link next} tells of. */
  look(): Promise<void>;
  /** What comes next; null once the signal is aborted. */
  next(signal: AbortSignal): Promise<Turn | null>;
  /** Runs what asks the query again, when it is the tenant's turn. */
  inTurn<T>(ask: () => Promise<T>): Promise<T>;
  /** What was told by {@link next} could not be asked: it is told again with the next look. */
  again(): void;
  /** Whether something that was sent waits for its client to read. */
  unread(waits: boolean): void;
  close(): void;
}

interface Entry extends Opening {
  mark: string | null;
  turn: Turn | null;
  ring: PromiseWithResolvers<void>;
  /** On the clock of `performance.now()`. */
  unreadSince: number | null;
}

/** Of one tenant, or of one key that does not name its tenant. */
interface Party {
  open: number;
  asking: number;
  readonly waiting: (() => void)[];
}

/** @param auth asked once a second for all subscriptions together (auth.watch_subscriptions) */
export function openSubscriptions(
  { auth, log }: { auth: Pick<pg.Pool, "query">; log: Log },
  limits: { readonly most: number; readonly perCredential: number },
): Subscriptions {
  const entries = new Set<Entry>();
  const parties = new Map<string, Party>();
  const credentials = new Map<string, number>();
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

  function tell(entry: Entry, turn: Turn): void {
    // An end stays one, whatever changes beside it.
    if (entry.turn === null || entry.turn === "changed") entry.turn = turn;
    entry.ring.resolve();
  }

  function refuse(message: string): never {
    throw new Problem(429, "too_many_subscriptions", message, { headers: { "Retry-After": "10" } });
  }

  return {
    get size() {
      return entries.size;
    },
    open(given) {
      const credential = nameOf(given.caller);
      const tenant = given.caller.facts.tenant_id ?? credential;
      const party = parties.get(tenant) ?? { open: 0, asking: 0, waiting: [] };
      const mine = credentials.get(credential) ?? 0;
      if (mine >= limits.perCredential) {
        refuse(`With one credential there are at most ${limits.perCredential} subscriptions open at a time.`);
      }
      // As with connections to the database: one tenant alone gets half, and whoever comes later finds some left.
      if (party.open >= limits.most - entries.size) {
        refuse("As many subscriptions are open here as there may be. Try again in a while.");
      }
      const entry: Entry = {
        ...given,
        mark: null,
        turn: leaving ? "leaving" : null,
        ring: Promise.withResolvers(),
        unreadSince: null,
      };
      entries.add(entry);
      parties.set(tenant, party);
      credentials.set(credential, mine + 1);
      party.open += 1;

      return {
        caller: given.caller,
        async look() {
          try {
            await look([entry]);
            if (entry.turn === "changed") entry.turn = null;
          } catch (error) {
            // Without a mark it is asked again with the first look that succeeds.
            log.warn({ err: describeError(error) }, "a subscription could not be looked at");
          }
        },
        async next(signal) {
          const gone = Promise.withResolvers<void>();
          const leave = (): void => gone.resolve();
          signal.addEventListener("abort", leave);
          try {
            while (entry.turn === null && !signal.aborted) {
              entry.ring = Promise.withResolvers();
              await Promise.race([entry.ring.promise, gone.promise]);
            }
          } finally {
            signal.removeEventListener("abort", leave);
          }
          if (signal.aborted) return null;
          const { turn } = entry;
          if (turn === "changed") entry.turn = null;
          return turn;
        },
        async inTurn(ask) {
          if (party.asking >= AT_ONCE) await new Promise<void>((serve) => party.waiting.push(serve));
          else party.asking += 1;
          try {
            return await ask();
          } finally {
            const serve = party.waiting.shift();
            if (serve) serve();
            else party.asking -= 1;
          }
        },
        again() {
          entry.mark = null;
        },
        unread(waits) {
          entry.unreadSince = waits ? performance.now() : null;
        },
        close() {
          if (!entries.delete(entry)) return;
          party.open -= 1;
          if (party.open === 0) parties.delete(tenant);
          const others = credentials.get(credential)! - 1;
          if (others === 0) credentials.delete(credential);
          else credentials.set(credential, others);
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
