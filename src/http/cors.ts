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
    allowMethods: ["GET", "HEAD", "POST", "PUT"],
    allowHeaders: [
      "Authorization",
      "Content-Type",
      "DPoP",
      "Idempotency-Key",
      "If-None-Match",
      "X-API-Key",
      "X-Request-Id",
    ],
    exposeHeaders: [
      "Content-Disposition",
      "DPoP-Nonce",
      "ETag",
      "Idempotency-Replayed",
      "Retry-After",
      "RateLimit",
      "RateLimit-Policy",
      "WWW-Authenticate",
      "X-Document-Version",
      "X-Request-Id",
    ],
    maxAge: 600,
  });
}

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/**
 * The origins of our own pages. On this machine the server has three names for one address, and which of them a
 * browser shows depends on what somebody typed: all three are ours then.
 */
export function ownOrigins(publicUrl: string): readonly string[] {
  const { protocol, hostname, port } = new URL(publicUrl);
  if (!LOOPBACK.includes(hostname)) return [publicUrl];
  return LOOPBACK.map((name) => `${protocol}//${name}${port && `:${port}`}`);
}
