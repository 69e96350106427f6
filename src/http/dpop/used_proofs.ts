import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { digest } from "../../auth/session_secrets.ts";
import type { Log } from "../../log.ts";
import { connectRedis, type GuardedRedis } from "../redis.ts";

/** Proofs to remember in one process: about 150 bytes each. Beyond it the oldest are forgotten. */
const REMEMBERED = 200_000;
/** Milliseconds that the first proof waits for the connection to Redis. */
const PATIENCE = 250;

/** Knows which proofs were shown before, for as long as one could be taken (RFC 9449 section 11.1). */
export interface UsedProofs {
  /** Whether the proof with this name, by this key, is shown for the first time; from now on it was. */
  isFirst(thumbprint: string, id: string): Promise<boolean>;
  close(): void;
}

/**
 * In this process, and in Redis where there is one, so that what was used at one process is used at all of them. While
 * Redis is away each knows those that it saw itself. The connection is made with the first proof: where no client sends
 * any, there is none.
 *
 * @param lifetime seconds to remember each
 */
export function rememberUsedProofs(
  redisUrl: string | null,
  log: Log,
  lifetime: number,
  limit: number = REMEMBERED,
): UsedProofs {
  /** By name until when, on the clock of `performance.now()`; all live equally long, so the oldest come first. */
  const seen = new Map<string, number>();
  let opening: Promise<GuardedRedis> | undefined;
  let opened: GuardedRedis | undefined;

  async function open(url: string): Promise<GuardedRedis> {
    opened = connectRedis(url, log, () => true, "this process knows the DPoP proofs that it saw itself");
    await Promise.race([once(opened.client, "ready").catch(() => {}), delay(PATIENCE)]);
    return opened;
  }

  function isNewHere(name: string): boolean {
    const now = performance.now();
    if ((seen.get(name) ?? now) > now) return false;
    for (const [oldest, until] of seen) {
      if (until > now && seen.size < limit) break;
      seen.delete(oldest);
    }
    seen.set(name, now + lifetime * 1000);
    return true;
  }

  return {
    async isFirst(thumbprint, id) {
      const name = digest(`${thumbprint} ${id}`).toString("base64url");
      if (!isNewHere(name)) return false;
      if (redisUrl === null) return true;
      opening ??= open(redisUrl);
      const redis = await opening;
      return redis.attempt(
        async () => (await redis.client.set(`rowhouse:proof:${name}`, 1, "EX", lifetime, "NX")) === "OK",
        async () => true,
      );
    },
    close() {
      opened?.close();
    },
  };
}
