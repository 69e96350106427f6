import type pg from "pg";
import { nameOf } from "../database/caller.ts";
import type { Log } from "../log.ts";
import { type Telling, tellInTurn } from "./telling.ts";

/** Milliseconds between two times that the database is told. */
const INTERVAL = 10_000;
/** Keys to count before the database is told without waiting. */
const MANY = 5_000;

interface Use {
  /** sha256 of the key. */
  readonly credential: Buffer;
  count: number;
  lastUsed: Date;
}

/** Counts the requests that come with API keys. */
export interface ApiKeyUsage extends Telling {
  /** One more request with this key. */
  note(credential: Buffer): void;
}

/**
 * Counts in memory and tells the database every ten seconds and at the end, in one statement for all keys: no request waits
 * for a write, and those with one key do not wait for one another. A process that is killed loses ten seconds.
 *
 * @param auth connected as rowhouse_auth
 */
export function countApiKeyUsage(auth: Pick<pg.Pool, "query">, log: Log): ApiKeyUsage {
  let uses = new Map<string, Use>();

  function add({ credential, count, lastUsed }: Use): void {
    const name = nameOf({ credential });
    const known = uses.get(name);
    if (!known) {
      uses.set(name, { credential, count, lastUsed });
      return;
    }
    known.count += count;
    if (known.lastUsed < lastUsed) known.lastUsed = lastUsed;
  }

  async function tell(): Promise<void> {
    if (uses.size === 0) return;
    const told = [...uses.values()];
    uses = new Map();
    try {
      await auth.query({
        name: "record_key_usage",
        text: "select auth.record_key_usage($1, $2, $3)",
        values: [
          told.map(({ credential }) => credential),
          told.map(({ count }) => count),
          told.map(({ lastUsed }) => lastUsed),
        ],
      });
    } catch (error) {
      for (const use of told) add(use);
      throw error;
    }
  }

  const telling = tellInTurn(tell, INTERVAL, log, "the use of API keys was not counted yet");
  return {
    ...telling,
    note(credential) {
      add({ credential, count: 1, lastUsed: new Date() });
      if (uses.size >= MANY) void telling.flush();
    },
  };
}
