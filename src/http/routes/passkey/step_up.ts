import type { Middleware } from "koa";
import { steppedUp } from "../../contract/answers.ts";
import { OF_A_SESSION, OF_SIGNING_IN, operation } from "../../contract/operation.ts";
import * as field from "../../fields.ts";
import { callerOf } from "../../own_session.ts";
import { readJson } from "../../read_json.ts";
import type { RequestState } from "../../request_facts.ts";
import { shownCredential } from "./answer.ts";
import { check } from "./checking.ts";
import type { PasskeyParts } from "./parts.ts";
import { passkeyRefusal } from "./refusals.ts";

export const stepUpWithPasskeyOperation = operation({
  method: "post",
  path: "/auth/step-up/passkey",
  area: "Signing in",
  summary: "Prove once more who one is, with a passkey",
  description: "The session, and its tokens, are good for ten minutes of what wants a fresh sign-in.",
  credential: "bearer",
  body: { credential: shownCredential },
  answers: { 200: { says: "Fresh again.", body: steppedUp } },
  refusals: [
    ...OF_SIGNING_IN,
    ...OF_A_SESSION,
    "passkey_challenge_invalid",
    "passkey_refused",
    "too_many_attempts",
  ],
});

/**
 * `POST /auth/step-up/passkey {credential}` with an access token → `{authTime}`.
 *
 * Refuses with 401 credential_missing, passkey_challenge_invalid, passkey_refused and what a session is refused for; 403
 * session_required; 429 too_many_attempts.
 */
export function stepUpWithPasskey(parts: PasskeyParts): Middleware<RequestState> {
  const { passkeys, metrics } = parts;
  return async (ctx) => {
    const given = field.readFields(await readJson(ctx), stepUpWithPasskeyOperation.body!);
    const { credential, facts } = callerOf(ctx.state);
    const who = { handle: credential, token: null };
    const { passkey, answer, cause } = await check(ctx, parts, "step_up", who, given.credential, facts);
    const { outcome, authenticatedAt } = await passkeys.stepUp(credential, passkey, answer, facts);
    ctx.state.outcome = outcome;
    metrics.signIns.inc({ kind: "step_up", outcome });
    if (outcome !== "ok") throw passkeyRefusal(outcome, undefined, cause);
    ctx.set("Cache-Control", "no-store");
    ctx.body = { authTime: Math.floor(Number(authenticatedAt) / 1000) };
  };
}
