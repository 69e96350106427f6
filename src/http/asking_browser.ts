import { randomBytes } from "node:crypto";
import type { Context } from "koa";
import { digest } from "../auth/session_secrets.ts";

// A link that is good in one browser knows it by a cookie, which says nothing of the person. `__Host-`: a browser takes it
// only with Secure, Path=/ and without Domain, so no sibling site can set it.

export const BROWSER_COOKIE = "__Host-rowhouse_browser";
const ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Strict";
/** Seconds; no link that wants the cookie lives longer. */
const MAX_AGE = 60 * 60;

/** The digest of the browser's cookie, which it has from now on. One that it has already stays, for links underway. */
export function rememberBrowser(ctx: Context): Buffer {
  const known = cookieOf(ctx);
  const secret = known ?? randomBytes(32).toString("base64url");
  ctx.append("Set-Cookie", `${BROWSER_COOKIE}=${secret}; Max-Age=${MAX_AGE}; ${ATTRIBUTES}`);
  return digest(secret);
}

/** The digest of the browser's cookie; null where it has none. */
export function browserOf(ctx: Context): Buffer | null {
  const secret = cookieOf(ctx);
  return secret === null ? null : digest(secret);
}

function cookieOf(ctx: Context): string | null {
  const secret = ctx.cookies.get(BROWSER_COOKIE);
  return secret !== undefined && /^[\w-]{43}$/.test(secret) ? secret : null;
}
