import type { Middleware } from "koa";
import type { TokenAuthority } from "../../auth/access_token.ts";
import type { MasterKeys } from "../../auth/encryption.ts";
import type { Identity } from "../../auth/identity.ts";
import { issueTokens } from "../../auth/issue_tokens.ts";
import { readRefreshToken } from "../../auth/session_secrets.ts";
import type { Metrics } from "../../metrics.ts";
import { tokenResponse } from "../contract/answers.ts";
import { OF_SIGNING_IN, operation } from "../contract/operation.ts";
import { proofRefusal, WITHOUT_KEY } from "../dpop/refusals.ts";
import * as field from "../fields.ts";
import { type Problem, unauthorized } from "../problem.ts";
import { readJson } from "../read_json.ts";
import { clearRefreshCookie, readRefreshCookie, setRefreshCookie } from "../refresh_cookie.ts";
import type { RequestState } from "../request_facts.ts";

export const refreshOperation = operation({
  method: "post",
  path: "/auth/refresh",
  area: "Signing in",
  summary: "Get new tokens for a refresh token",
  description:
    "The token that comes back replaces the one that was sent. Without a body, the token in the cookie is taken, from our own and allowed origins. A session that is bound to a key wants a `DPoP` proof of it (RFC 9449).",
  credential: "refresh",
  body: { refresh_token: field.optional(field.text(1, 4_096)) },
  answers: { 200: { says: "The session's next tokens.", body: tokenResponse } },
  refusals: [
    ...OF_SIGNING_IN,
    "fingerprint_mismatch",
    "invalid_grant",
    "origin_not_allowed",
    "refresh_token_missing",
  ],
});

/**
 * `POST /auth/refresh {refresh_token}`, or without a body and with the cookie → a token response. The token
 * that comes back replaces the one that was sent. The one before gives the same answer again until the new tokens were
 * used, so that a client which lost the answer asks again; an older one ends the session.
 *
 * Refuses with 401 refresh_token_missing where there is none, as on a first visit; 401 fingerprint_mismatch for
 * another browser's token; 400 invalid_dpop_proof for that of a session whose key was not proven; 401 invalid_grant for every other reason, which the log and the trail have; 403
 * origin_not_allowed for a cookie from a foreign page.
 */
export function refresh(
  identity: Identity,
  authority: TokenAuthority,
  keys: MasterKeys,
  metrics: Metrics,
  origins: readonly string[],
): Middleware<RequestState> {
  return async (ctx) => {
    const given = field.readFields(await readJson(ctx), refreshOperation.body!).refresh_token;
    const token = given ?? readRefreshCookie(ctx, origins);
    if (token === null) {
      throw unauthorized("refresh_token_missing", "There is no refresh token: sign in.");
    }
    const inCookie = given === undefined;

    const refuse = (outcome: string): Problem => {
      ctx.state.outcome = outcome;
      metrics.signIns.inc({ kind: "refresh", outcome });
      // The cookie of a session that is bound to a key is good again with a proof.
      if (inCookie && outcome !== "key_mismatch") clearRefreshCookie(ctx);
      return refreshRefusal(outcome);
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
      keyThumbprint: refreshed.keyThumbprint ?? undefined,
    });
    if (inCookie) setRefreshCookie(ctx, refresh_token, refreshed.expiresIn);
    ctx.set("Cache-Control", "no-store");
    ctx.body = { ...tokens, ...(!inCookie && { refresh_token }) };
  };
}

/** What is told of a refresh token that is not good: whose browser and key it wants matters to its owner, the rest to nobody. */
export function refreshRefusal(outcome: string): Problem {
  switch (outcome) {
    case "fingerprint_mismatch":
      return unauthorized(
        outcome,
        "This refresh token belongs to another browser or program: sign in from this one.",
      );
    case "key_mismatch":
      return proofRefusal(WITHOUT_KEY, false);
    default:
      return unauthorized("invalid_grant", "This refresh token is not valid, or not any more.");
  }
}
