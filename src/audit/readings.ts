import type pg from "pg";
import { type Caller, nameOf } from "../database/caller.ts";
import { RecentlyUsed } from "../recently_used.ts";
import type { Handed } from "./handed.ts";

/** Credentials whose holders are remembered: about 150 bytes each. */
const REMEMBERED = 10_000;
/** Requests that are told of in one statement. */
const AT_ONCE = 200;

/** Tells the trail what requests handed out by a right of their caller's. */
export interface Readings {
  /**
   * Resolves when the trail has it; at once where the caller read nothing but their own.
   *
   * @throws {pg.DatabaseError} if it could not be written: then the answer is not to be sent
   */
  tell(caller: Caller, handed: Handed): Promise<void>;
}

interface Waiting {
  readonly caller: Caller;
  readonly handed: object;
  readonly told: PromiseWithResolvers<void>;
}

/**
 * Many requests are told of at once: those that come while a statement is under way go with the next one. The answer waits, so that
 * nobody has another's words before the trail says so, also if the process is killed.
 *
 * @param auth connected as rowhouse_auth
 */
export function openReadings(auth: Pick<pg.Pool, "query">): Readings {
  /** Whose rows are a credential's own: as the database said. Support has none of its own. */
  const readers = new RecentlyUsed<string, { readonly id: string | null }>(REMEMBERED);
  let waiting: Waiting[] = [];
  let telling = false;

  return {
    async tell(caller, handed) {
      const others = handed.anothers(readers.get(nameOf(caller))?.id);
      if (others === null) return;
      const told = Promise.withResolvers<void>();
      waiting.push({ caller, handed: others, told });
      if (!telling) void tellAll();
      await told.promise;
    },
  };

  async function tellAll(): Promise<void> {
    telling = true;
    while (waiting.length > 0) {
      const now = waiting.slice(0, AT_ONCE);
      waiting = waiting.slice(AT_ONCE);
      try {
        await tellOf(now);
        for (const { told } of now) told.resolve();
      } catch (error) {
        for (const { told } of now) told.reject(error);
      }
    }
    telling = false;
  }

  async function tellOf(now: readonly Waiting[]): Promise<void> {
    const { rows } = await auth.query<{ reader: string | null }>({
      name: "record_readings",
      text: `select auth.record_reading(told.credential, told.facts::jsonb, told.handed::jsonb) as reader
        from unnest($1::bytea[], $2::text[], $3::text[]) with ordinality as told (credential, facts, handed, place)
        order by told.place`,
      values: [
        now.map(({ caller }) => caller.credential),
        now.map(({ caller }) => JSON.stringify(caller.facts)),
        now.map(({ handed }) => JSON.stringify(handed)),
      ],
    });
    for (const [place, { caller }] of now.entries()) readers.set(nameOf(caller), { id: rows[place]!.reader });
  }
}
