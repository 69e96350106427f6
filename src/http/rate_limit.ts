import type { Context, Middleware } from "koa";
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import type { Config } from "../config.ts";
import { nameOf } from "../database/caller.ts";
import type { Log } from "../log.ts";
import { networkOf } from "./client_address.ts";
import type { KeyLimits } from "./key_limits.ts";
import { tooMany } from "./problem.ts";
import { connectRedis, type GuardedRedis } from "./redis.ts";
import type { RequestState } from "./request_facts.ts";

export interface RateLimits {
  /** Counts the request for its address, whatever credential it brings; 429 `too_many_requests` where there were too many. */
  readonly perAddress: Middleware<RequestState>;
  /** Counts the request for its credential, once that is known to be well made. */
  readonly perCredential: Middleware<RequestState>;
  /** Counts a new guest for its address, beside the request; 429 `too_many_requests`. */
  readonly guests: Middleware<RequestState>;
  close(): Promise<void>;
}

/** Seconds in which a quota may be used up. */
const WINDOW = 60;

/** A quota by name; each key has one of its own. */
interface Policy {
  readonly name: string;
  /** Requests per window. */
  readonly quota: number;
  readonly limiter: Limiter;
}

/**
 * Request quotas: under /auth/ per network address, and a narrower one for new guests; elsewhere per credential and, ten
 * times as wide, per address, so that many made-up credentials are no way round. Counted in Redis where REDIS_URL is set, so
 * that all processes count together; in memory without it and while it cannot be reached. An API key may have a narrower
 * quota of its own, against the same count.
 */
export function createRateLimits(
  config: Pick<Config, "redisUrl" | "rateLimits">,
  log: Log,
  keyLimits?: KeyLimits,
): RateLimits {
  const redis =
    config.redisUrl === null
      ? null
      : connectRedis(config.redisUrl, log, unanswered, "this process counts requests by itself");
  const policy = (name: string, quota: number): Policy => ({
    name,
    quota,
    limiter: limiter(redis, name, quota),
  });
  const signIn = policy("sign-in", config.rateLimits.signIn);
  const guests = policy("guests", config.rateLimits.guests);
  const credential = policy("credential", config.rateLimits.api);
  const address = policy("address", config.rateLimits.api * 10);

  return {
    async perAddress(ctx, next) {
      await consume(ctx, isSignIn(ctx) ? signIn : address, networkOf(ctx.state.facts.ip));
      await next();
    },
    async perCredential(ctx, next) {
      const { caller } = ctx.state;
      if (caller && !isSignIn(ctx)) {
        const own = (caller.byKey && keyLimits?.of(caller)) ?? credential.quota;
        await consume(ctx, credential, nameOf(caller), Math.min(own, credential.quota));
      }
      await next();
    },
    async guests(ctx, next) {
      await consume(ctx, guests, networkOf(ctx.state.facts.ip));
      await next();
    },
    async close() {
      redis?.close();
    },
  };
}

const isSignIn = (ctx: Context): boolean => ctx.path.startsWith("/auth/");

/** Counts one request; says in RateLimit headers (draft-ietf-httpapi-ratelimit-headers-10) what is left. */
async function consume(ctx: Context, policy: Policy, key: string, quota = policy.quota): Promise<void> {
  const { name, limiter } = policy;
  let state: RateLimiterRes;
  let refused = false;
  try {
    state = await limiter(key);
    refused = state.consumedPoints > quota;
  } catch (reason) {
    if (!(reason instanceof RateLimiterRes)) throw reason;
    state = reason;
    refused = true;
  }
  const reset = Math.max(1, Math.ceil(state.msBeforeNext / 1000));
  ctx.set("RateLimit-Policy", `"${name}";q=${quota};w=${WINDOW}`);
  ctx.set("RateLimit", `"${name}";r=${Math.max(0, quota - state.consumedPoints)};t=${reset}`);
  if (refused) throw tooMany("too_many_requests", "Too many requests; wait before the next one.", reset);
}

/** Counts one request for a key. @throws {RateLimiterRes} if there were too many */
type Limiter = (key: string) => Promise<RateLimiterRes>;

function limiter(redis: GuardedRedis | null, name: string, points: number): Limiter {
  const options = { keyPrefix: `rowhouse:rate:${name}`, points, duration: WINDOW };
  const memory = new RateLimiterMemory(options);
  const alone: Limiter = (key) => memory.consume(key);
  if (redis === null) return alone;
  const shared = new RateLimiterRedis({ ...options, storeClient: redis.client });
  return (key) =>
    redis.attempt(
      () => shared.consume(key),
      () => alone(key),
    );
}

/** A refusal is an answer; whatever else a limiter throws means that Redis gave none. */
function unanswered(error: unknown): boolean {
  return !(error instanceof RateLimiterRes);
}
