import { Redis } from "ioredis";
import type { Log } from "../log.ts";
import { describeError } from "./describe_error.ts";

/** Milliseconds that a command may take. Redis answers within one, or something is wrong with it. */
const PATIENCE = 250;
/** Milliseconds between looks at a Redis that failed. */
const PAUSE = 1_000;

/**
 * Redis behind a breaker. One that is gone, or that takes connections and answers nothing, costs the requests of one
 * moment a quarter of a second; from then on nobody waits for it, while it is asked once a second whether it is
 * back. The log says when the breaker opens and when it closes, once each.
 */
export interface GuardedRedis {
  readonly client: Redis;
  /** What `work` resolves to, or what `instead` does where Redis does not answer. */
  attempt<T>(work: () => Promise<T>, instead: () => Promise<T>): Promise<T>;
  close(): void;
}

/**
 * @param failed whether an error of `work` means that Redis does not answer
 * @param meanwhile what this process does without it, for the log
 */
export function connectRedis(
  url: string,
  log: Log,
  failed: (error: unknown) => boolean,
  meanwhile: string,
): GuardedRedis {
  const client = new Redis(url, {
    // Where Redis is gone a request must not wait for it.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 2_000,
    commandTimeout: PATIENCE,
    retryStrategy: (times) => Math.min(times * 200, 5_000),
  });
  let open = false;
  let looking: NodeJS.Timeout | undefined;

  const opens = (error: unknown): void => {
    if (open) return;
    open = true;
    log.warn({ err: describeError(error) }, `Redis cannot be reached: ${meanwhile}`);
    looking = setInterval(look, PAUSE).unref();
  };
  const closes = (): void => {
    if (!open) return;
    open = false;
    clearInterval(looking);
    log.info("Redis is back");
  };
  // A write, because that is what it is needed for: a replica, or one that is full, would answer a ping.
  const look = (): void => {
    if (client.status === "ready") client.set("rowhouse:look", 1, "PX", PAUSE).then(closes, () => {});
  };
  client.on("error", opens);
  client.on("close", () => opens(new Error("the connection was closed")));

  return {
    client,
    async attempt(work, instead) {
      if (open || client.status !== "ready") return instead();
      try {
        return await work();
      } catch (error) {
        if (!failed(error)) throw error;
        opens(error);
        return instead();
      }
    },
    close() {
      client.removeAllListeners("close");
      clearInterval(looking);
      client.disconnect();
    },
  };
}
