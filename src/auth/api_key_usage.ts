import type pg from "pg";
import { nameOf } from "../database/caller.ts";
import { describeError } from "../http/describe_error.ts";
import type { Log } from "../log.ts";

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
export interface ApiKeyUsage {
  /** One more request with this key. */
  note(credential: Buffer): void;
  /** Tells the database what was counted since it was told last. What it could not be told is told the next time. */
  flush(): Promise<void>;
  /** Tells the rest. @throws if it could not be told */
  close(): Promise<void>;
}

/**
 * Counts in memory and tells the database every ten seconds and at the end, in one statement for all keys: no request waits
 * for a write, and those with one key do not wait for one another. A process that is killed loses ten seconds.
 *
 * @param auth connected as rowhouse_auth
 */
export function countApiKeyUsage(auth: Pick<pg.Pool, "query">, log: Log): ApiKeyUsage {
  let uses = new Map<string, Use>();
  let telling: Promise<void> = Promise.resolve();

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

  /** One after the other: what is being told is not to be told twice. */
  function inTurn(): Promise<void> {
    const turn = telling.then(tell);
    telling = turn.catch(() => {});
    return turn;
  }

  const flush = (): Promise<void> =>
    inTurn().catch((error) =>
      log.warn({ err: describeError(error) }, "the use of API keys was not counted yet"),
    );
  const timer = setInterval(flush, INTERVAL).unref();
  return {
    note(credential) {
      add({ credential, count: 1, lastUsed: new Date() });
      if (uses.size >= MANY) void flush();
    },
    flush,
    async close() {
      clearInterval(timer);
      await inTurn();
    },
  };
}
