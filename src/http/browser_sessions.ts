import { hkdfSync, randomBytes } from "node:crypto";
import { RedisStore } from "connect-redis";
import type Koa from "koa";
import type { Middleware } from "koa";
import createSession from "koa-session";
import type { MasterKeys } from "../auth/encryption.ts";
import type { Config } from "../config.ts";
import type { Log } from "../log.ts";
import { RecentlyUsed } from "../recently_used.ts";
import { connectRedis } from "./redis.ts";

/** `__Host-`: no sibling site can set it. Lax, because the browser brings it back from another site. */
export const BROWSER_COOKIE = "__Host-rowhouse_oauth";

/** Milliseconds that a browser has for the way to a provider and back. */
export const WAY_AND_BACK = 10 * 60 * 1000;

/** Sessions of browsers that are on their way to a provider and back. Who they are, no such session says. */
export interface BrowserSessions {
  /** Gives the routes behind it `ctx.session`. */
  readonly middleware: (app: Koa) => Middleware;
  close(): void;
}

interface Store {
  get(key: string): Promise<object | null | undefined>;
  set(key: string, session: object): Promise<void>;
  destroy(key: string): Promise<void>;
}

/** Most browsers that are on their way at once, where there is no Redis; the ones that left first are forgotten. */
const IN_MEMORY = 10_000;

/** In Redis where REDIS_URL is set, so that the browser may come back to another process; else, and meanwhile, in memory. */
export function openBrowserSessions(
  config: Pick<Config, "redisUrl" | "oauth" | "processes">,
  keys: MasterKeys,
  log: Log,
): BrowserSessions {
  const memory = inMemory();
  const wanted = config.oauth.github !== null || config.oauth.oidc.length > 0;
  const redis =
    config.redisUrl === null || !wanted
      ? null
      : connectRedis(config.redisUrl, log, () => true, "this process keeps sign-ins under way by itself");
  if (wanted && redis === null) {
    log.warn(
      "REDIS_URL is not set: a browser has to come back from a provider to the process that sent it there",
    );
  }
  const store = redis === null ? memory : inRedis(redis, memory);
  const signing = [keys.current, keys.previous]
    .filter((key) => key !== null)
    .map(({ secret }) =>
      Buffer.from(hkdfSync("sha256", secret, "", "browser session", 32)).toString("base64"),
    );
  return {
    middleware(app) {
      app.keys = signing;
      const session = createSession(
        {
          key: BROWSER_COOKIE,
          store: store as never,
          maxAge: WAY_AND_BACK,
          httpOnly: true,
          secure: true,
          sameSite: "lax",
          signed: true,
          genid: () => randomBytes(32).toString("base64url"),
        },
        app as never,
      ) as unknown as Middleware;
      return (ctx, next) => {
        // TLS ends before us, or this is somebody's own machine, which browsers trust like TLS.
        ctx.cookies.secure = true;
        return session(ctx, next);
      };
    },
    close: () => redis?.close(),
  };
}

function inMemory(): Store {
  const kept = new RecentlyUsed<string, { session: object; until: number }>(IN_MEMORY);
  return {
    async get(key) {
      const found = kept.get(key);
      return found !== undefined && found.until > Date.now() ? found.session : null;
    },
    async set(key, session) {
      kept.set(key, { session, until: Date.now() + WAY_AND_BACK });
    },
    async destroy(key) {
      kept.delete(key);
    },
  };
}

/** connect-redis over the three calls that it makes of its client; ioredis spells them another way. */
function inRedis({ client, attempt }: ReturnType<typeof connectRedis>, memory: Store): Store {
  const spelled = {
    get: (key: string) => client.get(key),
    set: (key: string, value: string, { expiration }: { expiration: { value: number } }) =>
      client.set(key, value, "EX", expiration.value),
    del: (keys: string[]) => client.del(...keys),
  };
  const kept = new RedisStore({ client: spelled, prefix: "rowhouse:browser:", ttl: WAY_AND_BACK / 1000 });
  return {
    get: (key) =>
      attempt(
        () => kept.get(key) as Promise<object | null>,
        () => memory.get(key),
      ),
    set: (key, session) =>
      attempt(
        () => kept.set(key, session as never) as Promise<void>,
        () => memory.set(key, session),
      ),
    destroy: (key) =>
      attempt(
        () => kept.destroy(key) as Promise<void>,
        () => memory.destroy(key),
      ),
  };
}
