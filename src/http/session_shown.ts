import type { Context } from "koa";
import type { MasterKeys } from "../auth/encryption.ts";
import type { SessionShown } from "../auth/identity.ts";
import { digest, readRefreshToken, sessionHandle } from "../auth/session_secrets.ts";
import { unauthorized } from "./problem.ts";
import { readRefreshCookie } from "./refresh_cookie.ts";
import type { RequestState } from "./request_facts.ts";

/** By what a request shows its session: the access token, or the refresh cookie alone. */
export interface Showing {
  /** Null for a cookie that we did not make. */
  readonly shown: SessionShown | null;
  readonly inCookie: boolean;
  readonly facts: RequestState["facts"];
}

/**
 * The session that a request is about. Who sends an access token is known by that, whatever cookies the browser attaches.
 *
 * @throws {Problem} 401 `credential_missing`; 403 `origin_not_allowed` for a cookie from a foreign page
 */
export function showingOf(
  ctx: Context & { state: RequestState },
  keys: MasterKeys,
  origins: readonly string[],
): Showing {
  const { caller, facts } = ctx.state;
  if (caller) {
    return { shown: { handle: caller.credential, counter: null }, inCookie: false, facts: caller.facts };
  }
  const cookie = readRefreshCookie(ctx, origins);
  if (cookie === null) {
    throw unauthorized("credential_missing", "This needs the session's access token or its cookie.");
  }
  return { shown: sessionOf(keys, cookie), inCookie: true, facts };
}

/** The session that a refresh token belongs to; null if we did not make it. */
function sessionOf(keys: MasterKeys, token: string): SessionShown | null {
  const claim = readRefreshToken(keys, token);
  return claim && { handle: digest(sessionHandle(claim.masterKey, claim.session)), counter: claim.counter };
}
