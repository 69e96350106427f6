import type { Middleware } from "koa";
import { requestOptions } from "../../../auth/passkeys/options.ts";
import { passkeyRequest } from "../../contract/answers.ts";
import { OF_SIGNING_IN, operation } from "../../contract/operation.ts";
import * as field from "../../fields.ts";
import { readJson } from "../../read_json.ts";
import type { RequestState } from "../../request_facts.ts";
import { ask, NOBODY } from "./asking.ts";
import type { PasskeyParts } from "./parts.ts";

export const logInWithPasskeyOptionsOperation = operation({
  method: "post",
  path: "/auth/passkey/login/options",
  area: "Signing in",
  summary: "Begin to sign in with a passkey",
  description:
    "Nobody says who they are: the passkey does. The answer is for `PublicKeyCredential.parseRequestOptionsFromJSON`; it is good for five minutes.",
  body: {},
  answers: { 200: { says: "What the authenticator is to sign.", body: passkeyRequest } },
  refusals: OF_SIGNING_IN,
});

/** `POST /auth/passkey/login/options {}` → PublicKeyCredentialRequestOptionsJSON, the same for everybody but the challenge. */
export function logInWithPasskeyOptions(parts: PasskeyParts): Middleware<RequestState> {
  return async (ctx) => {
    field.readFields(await readJson(ctx), logInWithPasskeyOptionsOperation.body!);
    const { challenge } = await ask(ctx, parts, "sign_in", NOBODY);
    ctx.body = requestOptions(parts.party, challenge, []);
  };
}
