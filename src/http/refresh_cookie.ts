import type { Context } from "koa";
import { Problem } from "./problem.ts";

/** `__Host-`: a browser takes it only with Secure, Path=/ and without Domain, so no sibling site can set it. */
export const REFRESH_COOKIE = "__Host-rowhouse_refresh";
const ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Strict";

/** @param maxAge seconds until the token expires */
export function setRefreshCookie(ctx: Context, token: string, maxAge: number): void {
  ctx.append("Set-Cookie", `${REFRESH_COOKIE}=${token}; Max-Age=${maxAge}; ${ATTRIBUTES}`);
}

export function clearRefreshCookie(ctx: Context): void {
  ctx.append("Set-Cookie", `${REFRESH_COOKIE}=; Max-Age=0; ${ATTRIBUTES}`);
}

/**
 * The refresh token in the cookie, or null. Browsers attach cookies by themselves, so who relies on one has
 * to say from which page they come: our own origin, or one on the list.
 *
 * @throws {Problem} 403 `origin_not_allowed`
 */
export function readRefreshCookie(ctx: Context, origins: readonly string[]): string | null {
  const token = ctx.cookies.get(REFRESH_COOKIE) || null;
  if (token !== null && !origins.includes(ctx.get("Origin"))) {
    throw new Problem(403, "origin_not_allowed", "Cookies are accepted from allowed origins only.");
  }
  return token;
}
