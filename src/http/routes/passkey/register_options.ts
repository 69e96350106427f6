import type { Middleware } from "koa";
import { creationOptions } from "../../../auth/passkeys/options.ts";
import { passkeyCreation } from "../../contract/answers.ts";
import { OF_A_SESSION, OF_SIGNING_IN, operation } from "../../contract/operation.ts";
import * as field from "../../fields.ts";
import { readJson } from "../../read_json.ts";
import type { RequestState } from "../../request_facts.ts";
import { enrolling, factsOf } from "../mfa/enrolling.ts";
import { mfaToken } from "../mfa/fields.ts";
import { ask } from "./asking.ts";
import type { PasskeyParts } from "./parts.ts";

export const registerPasskeyOptionsOperation = operation({
  method: "post",
  path: "/auth/passkey/register/options",
  area: "Signing in",
  summary: "Begin to add a passkey",
  description:
    "With an access token of a fresh sign-in, or with the `mfaToken` of mfa_enrolment_required. The answer is for `PublicKeyCredential.parseCreationOptionsFromJSON`; it is good for five minutes.",
  credential: "bearer",
  body: { mfaToken: field.optional(mfaToken) },
  answers: { 200: { says: "What the authenticator is to make.", body: passkeyCreation } },
  refusals: [
    ...OF_SIGNING_IN,
    ...OF_A_SESSION,
    "mfa_token_invalid",
    "passkey_limit",
    "second_factor_exists",
    "step_up_required",
  ],
});

/**
 * `POST /auth/passkey/register/options {mfaToken?}` with an access token, or with the `mfaToken` of mfa_enrolment_required →
 * PublicKeyCredentialCreationOptionsJSON.
 *
 * Refuses with 401 credential_missing, mfa_token_invalid, step_up_required and what a session is refused for; 403
 * session_required for an API key; 409 passkey_limit, and second_factor_exists for such a token of who has one by now.
 */
export function registerPasskeyOptions(parts: PasskeyParts): Middleware<RequestState> {
  return async (ctx) => {
    const given = field.readFields(await readJson(ctx), registerPasskeyOptionsOperation.body!);
    const meant = await ask(ctx, parts, "register", enrolling(ctx, given.mfaToken), factsOf(ctx));
    const person = { id: meant.person!, email: meant.email!, name: meant.name! };
    ctx.body = creationOptions(parts.party, meant.challenge, person, meant.passkeys!);
  };
}
