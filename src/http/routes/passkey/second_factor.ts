import type { Middleware } from "koa";
import { digest, newSession } from "../../../auth/session_secrets.ts";
import { signedIn } from "../../contract/answers.ts";
import { OF_SIGNING_IN, operation } from "../../contract/operation.ts";
import * as field from "../../fields.ts";
import { readJson } from "../../read_json.ts";
import type { RequestState } from "../../request_facts.ts";
import { answerSignedIn } from "../../token_response.ts";
import { mfaToken } from "../mfa/fields.ts";
import { shownCredential } from "./answer.ts";
import { check } from "./checking.ts";
import type { PasskeyParts } from "./parts.ts";
import { passkeyRefusal } from "./refusals.ts";

export const mfaPasskeyOperation = operation({
  method: "post",
  path: "/auth/mfa/passkey/verify",
  area: "Signing in",
  summary: "Finish a sign-in with a passkey as the second factor",
  description: "The token is good for ten minutes and five tries.",
  body: { mfaToken, credential: shownCredential, cookie: field.optional(field.boolean) },
  answers: { 200: { says: "The session's first tokens.", body: signedIn } },
  refusals: [
    ...OF_SIGNING_IN,
    "account_deletion_pending",
    "mfa_token_invalid",
    "not_a_member",
    "passkey_challenge_invalid",
    "passkey_refused",
    "tenant_suspended",
    "too_many_attempts",
    "user_banned",
    "way_not_allowed",
  ],
});

/**
 * `POST /auth/mfa/passkey/verify {mfaToken, credential, cookie?}` → a token response.
 *
 * Refuses with 401 mfa_token_invalid, passkey_challenge_invalid and passkey_refused, 429 too_many_attempts, and what a sign-in
 * is refused for.
 */
export function verifyMfaPasskey(parts: PasskeyParts): Middleware<RequestState> {
  const { passkeys, masterKeys, authority, metrics } = parts;
  return async (ctx) => {
    const given = field.readFields(await readJson(ctx), mfaPasskeyOperation.body!);
    const token = digest(given.mfaToken);
    const who = { handle: null, token };
    const { passkey, answer, cause } = await check(ctx, parts, "second_factor", who, given.credential);
    const session = newSession(masterKeys.current);
    const { outcome, result } = await passkeys.verify(token, passkey, answer, session, ctx.state.facts);
    ctx.state.outcome = outcome;
    metrics.signIns.inc({ kind: "mfa", outcome });
    if (outcome !== "ok" || !result) {
      throw passkeyRefusal(outcome, { masterKeys, session: session.id }, cause);
    }
    await answerSignedIn(ctx, { authority, masterKeys }, session.id, result, given.cookie ?? false);
  };
}
