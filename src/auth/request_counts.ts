import type pg from "pg";
import { type Caller, nameOf } from "../database/caller.ts";
import { describeError } from "../http/describe_error.ts";
import type { Log } from "../log.ts";
import { RecentlyUsed } from "../recently_used.ts";
import { type Telling, tellInTurn } from "./telling.ts";

/** Milliseconds between two times that the database is told. */
const INTERVAL = 1_000;
/** Tenants and keys to count before the database is told without waiting. */
const MANY = 5_000;
/** Tenants and keys whose days are remembered: about 200 bytes each. */
const REMEMBERED = 10_000;

/** What a tenant has used up of its day. */
export interface UsedUpDay {
  readonly used: number;
  readonly most: number;
  /** Seconds until the next day begins, 1 at least. */
  readonly seconds: number;
}

/** Counts the requests of tenants by the day, which are as many as their plans allow. */
export interface RequestCounts extends Telling {
  /** One more request of this caller's tenant. */
  note(caller: Caller): void;
  /** What the caller's tenant has used up; null while it has requests left, or nobody knows yet. Has the database asked again soon. */
  usedUp(caller: Caller): UsedUpDay | null;
}

/** Whose requests are counted: the tenant that a token names, or that of a key, which only the database knows. */
interface Counted {
  readonly tenant: string | null;
  readonly credential: Buffer | null;
  count: number;
}

/** What `auth.count_requests()` says of one of those. */
interface Answered {
  readonly line: number;
  /** A bigint, as text. */
  readonly used: string;
  readonly most: number | null;
  readonly seconds: number;
}

/**
 * Counts in memory and tells the database once a second, in one statement for all tenants; its answer says which have used up
 * their day. So no request waits for a write. A process lets through what comes in that second, and what is under way; one
 * that is killed loses a second's count.
 *
 * @param auth connected as rowhouse_auth
 */
export function countRequests(auth: Pick<pg.Pool, "query">, log: Log): RequestCounts {
  let counts = new Map<string, Counted>();
  const days = new RecentlyUsed<string, UsedUpDay & { until: number }>(REMEMBERED);

  function add(name: string, { count, ...whose }: Counted): void {
    const known = counts.get(name);
    if (known) known.count += count;
    else counts.set(name, { ...whose, count });
    if (counts.size === MANY) void telling.flush();
  }

  async function tell(): Promise<void> {
    if (counts.size === 0) return;
    const told = [...counts];
    counts = new Map();
    const asked = performance.now();
    try {
      const { rows } = await auth.query<Answered>({
        name: "count_requests",
        text: "select line, used, most, seconds from auth.count_requests($1, $2, $3)",
        values: [
          told.map(([, { tenant }]) => tenant),
          told.map(([, { credential }]) => credential),
          told.map(([, { count }]) => count),
        ],
      });
      for (const { line, used, most, seconds } of rows) {
        const [name] = told[line - 1]!;
        if (most === null || Number(used) < most) days.delete(name);
        else days.set(name, { used: Number(used), most, seconds, until: asked + seconds * 1_000 });
      }
    } catch (error) {
      for (const [name, one] of told) add(name, one);
      throw error;
    }
  }

  const telling = tellInTurn(tell, INTERVAL, log, "the requests of tenants were not counted yet");
  return {
    ...telling,
    // The last second of a day's count is nothing to end in failure for, as when a process is killed.
    close: () =>
      telling
        .close()
        .catch((error) =>
          log.warn({ err: describeError(error) }, "the last requests of tenants were not counted"),
        ),
    note(caller) {
      const name = counted(caller);
      if (name !== null) add(name, { ...whose(caller), count: 1 });
    },
    usedUp(caller) {
      const name = counted(caller);
      const day = name === null ? undefined : days.get(name);
      if (name === null || day === undefined) return null;
      const left = day.until - performance.now();
      if (left <= 0) {
        days.delete(name);
        return null;
      }
      // Its plan may have grown meanwhile.
      add(name, { ...whose(caller), count: 0 });
      return { used: day.used, most: day.most, seconds: Math.ceil(left / 1_000) };
    },
  };
}

/** Under which name a caller's requests are counted; null for the operator's support, and for who is in no tenant. */
function counted(caller: Caller): string | null {
  return caller.byKey ? nameOf(caller) : (caller.facts.tenant_id ?? null);
}

function whose({ byKey, credential, facts }: Caller): Omit<Counted, "count"> {
  return byKey ? { tenant: null, credential } : { tenant: facts.tenant_id ?? null, credential: null };
}
