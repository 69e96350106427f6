import type pg from "pg";
import { type Caller, nameOf } from "../database/caller.ts";
import { inDoor } from "../database/door.ts";
import { RecentlyUsed } from "../recently_used.ts";
import type { KeyLimits } from "./key_limits.ts";

/** Lets nobody in: it only keeps strangers from costing a plan. Every statement still goes through the door. */
export interface Admission {
  /**
   * Asks the door once for a credential that it has not let in yet, and at no round trip for one that it has; once a minute
   * for an API key, of which the door also says how many requests it is good for.
   *
   * @throws {pg.DatabaseError} what the door raises for a credential that it does not know
   */
  check(caller: Caller): Promise<void>;
  /** The door refused a credential that it had let in. */
  forget(caller: Caller): void;
}

/** Credentials to remember: about 100 bytes each. The one that was seen least lately makes room. */
const REMEMBERED = 10_000;

export function createAdmission(pool: pg.Pool, statementTimeout: number, keyLimits?: KeyLimits): Admission {
  const known = new RecentlyUsed<string, true>(REMEMBERED);
  return {
    async check(caller) {
      const name = nameOf(caller);
      const limits = caller.byKey && keyLimits;
      if (known.get(name) && (!limits || limits.isKnown(caller))) return;
      const limit = await inDoor(
        pool,
        asking(caller),
        async (transaction) => {
          if (!limits) return null;
          const { rows } = await transaction.run({ text: "select context.request_limit() as limit" });
          return (rows[0] as { limit: number | null }).limit;
        },
        { statementTimeout },
      );
      if (limits) limits.learn(caller, limit);
      known.set(name, true);
    },
    forget: (caller) => void known.delete(nameOf(caller)),
  };
}

/** Whose request it is, without what it wants done: to ask is not to do. */
function asking({ credential, facts: { idempotency: _, ...facts } }: Caller): Caller {
  return { credential, facts };
}
