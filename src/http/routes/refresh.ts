import type { Middleware } from "koa";
import type { TokenAuthority } from "../../auth/access_token.ts";
import type { MasterKeys } from "../../auth/encryption.ts";
import type { Identity } from "../../auth/identity.ts";
import { issueTokens } from "../../auth/issue_tokens.ts";
import { readRefreshToken } from "../../auth/session_secrets.ts";
import * as field from "../fields.ts";
import type { Metrics } from "../metrics.ts";
import { invalidInput, type Problem, unauthorized } from "../problem.ts";
import { readJson } from "../read_json.ts";
import { clearRefreshCookie, readRefreshCookie, setRefreshCookie } from "../refresh_cookie.ts";
import type { RequestState } from "../request_facts.ts";

/**
 * `POST /auth/refresh {refresh_token}`, or without a body and with the cookie → a token response. The token
 * that comes back replaces the one that was sent; a token that was replaced long ago ends the session.
 *
 * Refuses with 401 invalid_grant, for whatever reason; the log and the trail have it. 403 origin_not_allowed
 * for a cookie from a foreign page.
 */
export function refresh(
  identity: Identity,
  authority: TokenAuthority,
  keys: MasterKeys,
  metrics: Metrics,
  origins: readonly string[],
): Middleware<RequestState> {
  return async (ctx) => {
    const given = field.readFields(await readJson(ctx), {
      refresh_token: field.optional(field.text(1, 4_096)),
    }).refresh_token;
    const token = given ?? readRefreshCookie(ctx, origins);
    if (token === null) throw invalidInput("There is no refresh token.", "refresh_token");
    const inCookie = given === undefined;

    const refuse = (outcome: string): Problem => {
      ctx.state.outcome = outcome;
      metrics.signIns.inc({ kind: "refresh", outcome });
      if (inCookie) clearRefreshCookie(ctx);
      return unauthorized("invalid_grant", "This refresh token is not valid, or not any more.");
    };
    const claim = readRefreshToken(keys, token);
    if (!claim) throw refuse("forged");
    const refreshed = await identity.refreshSession(claim.session, claim.counter, ctx.state.facts);
    if (refreshed.outcome !== "ok") throw refuse(refreshed.outcome);

    metrics.signIns.inc({ kind: "refresh", outcome: "ok" });
    const { refresh_token, ...tokens } = await issueTokens(authority, {
      masterKey: claim.masterKey,
      id: claim.session,
      counter: refreshed.counter,
      userId: refreshed.userId,
      tenantId: refreshed.tenantId,
    });
    if (inCookie) setRefreshCookie(ctx, refresh_token, refreshed.expiresIn);
    ctx.set("Cache-Control", "no-store");
    ctx.body = { ...tokens, ...(!inCookie && { refresh_token }) };
  };
}
