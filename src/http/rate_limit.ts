import { createHash } from "node:crypto";
import { isIPv6 } from "node:net";
import { Redis } from "ioredis";
import type { Context, Middleware } from "koa";
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import type { Config } from "../config.ts";
import type { Log } from "../log.ts";
import { tooMany } from "./problem.ts";
import type { RequestState } from "./request_facts.ts";

export interface RateLimits {
  /** Counts the request for its address, whatever credential it brings; 429 `too_many_requests` where there were too many. */
  readonly perAddress: Middleware<RequestState>;
  /** Counts the request for its credential, once that is known to be well made. */
  readonly perCredential: Middleware<RequestState>;
  close(): Promise<void>;
}

/** Seconds in which a quota may be used up. */
const WINDOW = 60;

/** A quota by name; each key has one of its own. */
interface Policy {
  readonly name: string;
  /** Requests per window. */
  readonly quota: number;
  readonly limiter: RateLimiterRedis | RateLimiterMemory;
}

/**
 * Request quotas: under /auth/ per network address; elsewhere per credential and, ten times as wide, per
 * address, so that many made-up credentials are no way round. Counted in Redis where REDIS_URL is set, so
 * that all processes count together; in memory without it and while it cannot be reached.
 */
export function createRateLimits(config: Pick<Config, "redisUrl" | "rateLimits">, log: Log): RateLimits {
  const redis = config.redisUrl === null ? null : connect(config.redisUrl, log);
  const policy = (name: string, quota: number): Policy => ({
    name,
    quota,
    limiter: limiter(redis, name, quota),
  });
  const signIn = policy("sign-in", config.rateLimits.signIn);
  const credential = policy("credential", config.rateLimits.api);
  const address = policy("address", config.rateLimits.api * 10);

  return {
    async perAddress(ctx, next) {
      await consume(ctx, isSignIn(ctx) ? signIn : address, networkOf(ctx.state.facts.ip));
      await next();
    },
    async perCredential(ctx, next) {
      const { caller } = ctx.state;
      if (caller && !isSignIn(ctx)) await consume(ctx, credential, nameOf(caller.credential));
      await next();
    },
    async close() {
      redis?.disconnect();
    },
  };
}

const isSignIn = (ctx: Context): boolean => ctx.path.startsWith("/auth/");

/** Counts one request; says in RateLimit headers (draft-ietf-httpapi-ratelimit-headers-10) what is left. */
async function consume(ctx: Context, { name, quota, limiter }: Policy, key: string): Promise<void> {
  let state: RateLimiterRes;
  let refused = false;
  try {
    state = await limiter.consume(key);
  } catch (reason) {
    if (!(reason instanceof RateLimiterRes)) throw reason;
    state = reason;
    refused = true;
  }
  const reset = Math.max(1, Math.ceil(state.msBeforeNext / 1000));
  ctx.set("RateLimit-Policy", `"${name}";q=${quota};w=${WINDOW}`);
  ctx.set("RateLimit", `"${name}";r=${Math.max(0, state.remainingPoints)};t=${reset}`);
  if (refused) throw tooMany("too_many_requests", "Too many requests; wait before the next one.", reset);
}

/** What counts as one client: an IPv4 address, or the /64 of an IPv6 one, which one subscriber has whole. */
function networkOf(ip: string): string {
  if (!isIPv6(ip)) return ip;
  const [head = "", tail] = ip.split("::");
  const left = head.split(":").filter(Boolean);
  const right = tail === undefined ? [] : tail.split(":").filter(Boolean);
  const zeros = Array<string>(Math.max(0, 8 - left.length - right.length)).fill("0");
  const groups = tail === undefined ? left : [...left, ...zeros, ...right];
  return `${groups
    .slice(0, 4)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ""))
    .join(":")}::/64`;
}

/** The door opens for a credential's digest, so Redis gets a digest of that. */
function nameOf(credential: Buffer): string {
  return createHash("sha256").update(credential).digest("base64url");
}

function limiter(redis: Redis | null, name: string, points: number): RateLimiterRedis | RateLimiterMemory {
  const options = { keyPrefix: `rowhouse:rate:${name}`, points, duration: WINDOW };
  const memory = new RateLimiterMemory(options);
  if (!redis) return memory;
  return new RateLimiterRedis({
    ...options,
    storeClient: redis,
    rejectIfRedisNotReady: true,
    insuranceLimiter: memory,
  });
}

function connect(url: string, log: Log): Redis {
  const redis = new Redis(url, {
    // Where Redis is gone a request must not wait for it.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 2_000,
    commandTimeout: 500,
    retryStrategy: (times) => Math.min(times * 200, 5_000),
  });
  let lost = false;
  redis.on("error", (error) => {
    if (!lost) log.warn({ err: error }, "Redis cannot be reached: this process counts requests by itself");
    lost = true;
  });
  redis.on("ready", () => {
    if (lost) log.info("Redis is back");
    lost = false;
  });
  return redis;
}
