import type { Middleware } from "koa";
import { checkCode } from "../../../auth/check_code.ts";
import { digest, newSession } from "../../../auth/session_secrets.ts";
import { signedIn } from "../../contract/answers.ts";
import { OF_SIGNING_IN, operation } from "../../contract/operation.ts";
import * as field from "../../fields.ts";
import { readJson } from "../../read_json.ts";
import type { RequestState } from "../../request_facts.ts";
import { answerSignedIn } from "../../token_response.ts";
import { code, mfaToken } from "./fields.ts";
import type { MfaParts } from "./parts.ts";
import { refusal, refuseUnasked } from "./refusals.ts";

export const verifyMfaOperation = operation({
  method: "post",
  path: "/auth/mfa/verify",
  area: "Signing in",
  summary: "Finish a sign-in with the second factor",
  description:
    "`code` is of the app, or one of the recovery codes. The token is good for ten minutes and five tries.",
  body: { mfaToken, code, cookie: field.optional(field.boolean) },
  answers: { 200: { says: "The session's first tokens.", body: signedIn } },
  refusals: [
    ...OF_SIGNING_IN,
    "account_deletion_pending",
    "invalid_code",
    "mfa_token_invalid",
    "not_a_member",
    "tenant_suspended",
    "too_many_attempts",
    "user_banned",
    "way_not_allowed",
  ],
});

/**
 * `POST /auth/mfa/verify {mfaToken, code, cookie?}` → a token response. `code` is of the app, or one of the recovery codes.
 * The token is good for ten minutes and five tries.
 *
 * Refuses with 401 mfa_token_invalid and invalid_code, 429 too_many_attempts, and what a sign-in is refused for.
 */
export function verifyMfa({ factors, masterKeys, authority, metrics }: MfaParts): Middleware<RequestState> {
  return async (ctx) => {
    const given = field.readFields(await readJson(ctx), verifyMfaOperation.body!);
    const token = digest(given.mfaToken);
    const asked = await factors.beginVerification(token, ctx.state.facts);
    refuseUnasked(ctx, asked);
    const session = newSession(masterKeys.current);
    const shown = checkCode(masterKeys, asked, given.code);
    const { outcome, result } = await factors.verify(token, shown, session, ctx.state.facts);
    ctx.state.outcome = outcome;
    metrics.signIns.inc({ kind: "mfa", outcome });
    if (outcome !== "ok" || !result) throw refusal(outcome, { masterKeys, session: session.id });
    await answerSignedIn(ctx, { authority, masterKeys }, session.id, result, given.cookie ?? false);
  };
}
