import cors from "@koa/cors";
import type { Middleware } from "koa";

/**
 * CORS for the origins on the list, with cookies. An origin is compared, never reflected: one that is not
 * on the list gets no CORS header at all.
 */
export function allowOrigins(origins: readonly string[]): Middleware {
  return cors({
    origin: (ctx) => {
      const origin = ctx.get("Origin");
      return origins.includes(origin) ? origin : "";
    },
    credentials: true,
    allowMethods: ["GET", "HEAD", "POST"],
    allowHeaders: ["Authorization", "Content-Type", "X-API-Key", "X-Request-Id"],
    exposeHeaders: ["Retry-After", "RateLimit", "RateLimit-Policy", "WWW-Authenticate", "X-Request-Id"],
    maxAge: 600,
  });
}
