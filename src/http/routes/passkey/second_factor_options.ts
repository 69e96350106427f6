import type { Middleware } from "koa";
import { requestOptions } from "../../../auth/passkeys/options.ts";
import { digest } from "../../../auth/session_secrets.ts";
import { passkeyRequest } from "../../contract/answers.ts";
import { OF_SIGNING_IN, operation } from "../../contract/operation.ts";
import * as field from "../../fields.ts";
import { readJson } from "../../read_json.ts";
import type { RequestState } from "../../request_facts.ts";
import { mfaToken } from "../mfa/fields.ts";
import { ask } from "./asking.ts";
import type { PasskeyParts } from "./parts.ts";

export const mfaPasskeyOptionsOperation = operation({
  method: "post",
  path: "/auth/mfa/passkey/options",
  area: "Signing in",
  summary: "Begin to show a passkey as the second factor",
  description:
    "With the `mfaToken` of mfa_required. The answer is for `PublicKeyCredential.parseRequestOptionsFromJSON`.",
  body: { mfaToken },
  answers: { 200: { says: "What the authenticator is to sign.", body: passkeyRequest } },
  refusals: [...OF_SIGNING_IN, "mfa_token_invalid", "passkey_missing"],
});

/**
 * `POST /auth/mfa/passkey/options {mfaToken}` → PublicKeyCredentialRequestOptionsJSON that lists the person's passkeys: whoever
 * has such a token proved a first factor.
 *
 * Refuses with 401 mfa_token_invalid, 409 passkey_missing.
 */
export function mfaPasskeyOptions(parts: PasskeyParts): Middleware<RequestState> {
  return async (ctx) => {
    const given = field.readFields(await readJson(ctx), mfaPasskeyOptionsOperation.body!);
    const who = { handle: null, token: digest(given.mfaToken) };
    const { challenge, passkeys } = await ask(ctx, parts, "second_factor", who);
    ctx.body = requestOptions(parts.party, challenge, passkeys!);
  };
}
