import type { Middleware } from "koa";
import { newSession } from "../../../auth/session_secrets.ts";
import { signedIn } from "../../contract/answers.ts";
import { OF_SIGNING_IN, operation } from "../../contract/operation.ts";
import * as field from "../../fields.ts";
import { readJson } from "../../read_json.ts";
import type { RequestState } from "../../request_facts.ts";
import { answerSignedIn } from "../../token_response.ts";
import { shownCredential } from "./answer.ts";
import { NOBODY } from "./asking.ts";
import { check } from "./checking.ts";
import type { PasskeyParts } from "./parts.ts";
import { passkeyRefusal } from "./refusals.ts";

export const logInWithPasskeyOperation = operation({
  method: "post",
  path: "/auth/passkey/login",
  area: "Signing in",
  summary: "Sign in with a passkey and nothing else",
  description:
    "`credential` is what `toJSON()` of the credential gives. It counts as two factors, because the authenticator verified its user. `tenant` and `cookie` are as at `/auth/login`.",
  body: {
    credential: shownCredential,
    tenant: field.optional(field.slug),
    cookie: field.optional(field.boolean),
  },
  answers: { 200: { says: "The session's first tokens.", body: signedIn } },
  refusals: [
    ...OF_SIGNING_IN,
    "account_deletion_pending",
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
 * `POST /auth/passkey/login {credential, tenant?, cookie?}` → a token response, as at `/auth/login`.
 *
 * Refuses with 401 passkey_challenge_invalid; passkey_refused, the same for a passkey that nobody knows, that names somebody
 * else, or whose answer does not hold; 429 too_many_attempts; and what a sign-in is refused for.
 */
export function logInWithPasskey(parts: PasskeyParts): Middleware<RequestState> {
  const { passkeys, masterKeys, authority, metrics } = parts;
  return async (ctx) => {
    const given = field.readFields(await readJson(ctx), logInWithPasskeyOperation.body!);
    const { passkey, answer, cause } = await check(ctx, parts, "sign_in", NOBODY, given.credential);
    const session = newSession(masterKeys.current);
    const { outcome, result } = await passkeys.logIn(
      passkey,
      answer,
      session,
      given.tenant ?? null,
      ctx.state.facts,
    );
    ctx.state.outcome = outcome;
    metrics.signIns.inc({ kind: "passkey", outcome });
    if (outcome !== "ok" || !result) {
      throw passkeyRefusal(outcome, { masterKeys, session: session.id }, cause);
    }
    await answerSignedIn(ctx, { authority, masterKeys }, session.id, result, given.cookie ?? false);
  };
}
