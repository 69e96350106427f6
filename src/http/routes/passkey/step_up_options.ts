import type { Middleware } from "koa";
import { requestOptions } from "../../../auth/passkeys/options.ts";
import { passkeyRequest } from "../../contract/answers.ts";
import { OF_A_SESSION, OF_SIGNING_IN, operation } from "../../contract/operation.ts";
import * as field from "../../fields.ts";
import { callerOf } from "../../own_session.ts";
import { readJson } from "../../read_json.ts";
import type { RequestState } from "../../request_facts.ts";
import { ask } from "./asking.ts";
import type { PasskeyParts } from "./parts.ts";

export const stepUpWithPasskeyOptionsOperation = operation({
  method: "post",
  path: "/auth/step-up/passkey/options",
  area: "Signing in",
  summary: "Begin to prove once more who one is, with a passkey",
  description: "The answer is for `PublicKeyCredential.parseRequestOptionsFromJSON`.",
  credential: "bearer",
  body: {},
  answers: { 200: { says: "What the authenticator is to sign.", body: passkeyRequest } },
  refusals: [...OF_SIGNING_IN, ...OF_A_SESSION, "passkey_missing"],
});

/**
 * `POST /auth/step-up/passkey/options` with an access token → PublicKeyCredentialRequestOptionsJSON.
 *
 * Refuses with 401 credential_missing and what a session is refused for; 403 session_required; 409 passkey_missing.
 */
export function stepUpWithPasskeyOptions(parts: PasskeyParts): Middleware<RequestState> {
  return async (ctx) => {
    field.readFields(await readJson(ctx), stepUpWithPasskeyOptionsOperation.body!);
    const caller = callerOf(ctx.state);
    const who = { handle: caller.credential, token: null };
    const { challenge, passkeys } = await ask(ctx, parts, "step_up", who, caller.facts);
    ctx.body = requestOptions(parts.party, challenge, passkeys!);
  };
}
