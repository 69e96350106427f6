import { randomUUID } from "node:crypto";
import type { Middleware } from "koa";
import { checkNew } from "../../../auth/passkeys/check_new.ts";
import { readClientData } from "../../../auth/passkeys/client_data.ts";
import type { NewPasskey } from "../../../auth/passkeys/passkeys.ts";
import { newSession } from "../../../auth/session_secrets.ts";
import { createRecoveryCodes, recoveryDigest } from "../../../auth/totp.ts";
import { passkeyAdded } from "../../contract/answers.ts";
import { OF_A_SESSION, OF_SIGNING_IN, operation } from "../../contract/operation.ts";
import * as field from "../../fields.ts";
import { readJson } from "../../read_json.ts";
import type { RequestState } from "../../request_facts.ts";
import { answerSignedIn } from "../../token_response.ts";
import { enrolling, factsOf } from "../mfa/enrolling.ts";
import { mfaToken } from "../mfa/fields.ts";
import { newCredential } from "./answer.ts";
import type { PasskeyParts } from "./parts.ts";
import { passkeyRefusal } from "./refusals.ts";

export const registerPasskeyOperation = operation({
  method: "post",
  path: "/auth/passkey/register",
  area: "Signing in",
  summary: "Add a passkey",
  description:
    "`credential` is what `toJSON()` of the new credential gives. Who has no recovery codes gets ten. With an `mfaToken`, the answer is also the token response of the sign-in that wanted the second factor.",
  credential: "bearer",
  body: {
    credential: newCredential,
    name: field.optional(field.text(1, 100)),
    mfaToken: field.optional(mfaToken),
    cookie: field.optional(field.boolean),
  },
  answers: { 200: { says: "The passkey, which signs in from now on.", body: passkeyAdded } },
  refusals: [
    ...OF_SIGNING_IN,
    ...OF_A_SESSION,
    "account_deletion_pending",
    "mfa_token_invalid",
    "not_a_member",
    "passkey_challenge_invalid",
    "passkey_exists",
    "passkey_limit",
    "passkey_refused",
    "second_factor_exists",
    "step_up_required",
  ],
});

/**
 * `POST /auth/passkey/register {credential, name?, mfaToken?, cookie?}` → `{passkey, recoveryCodes?}`; with an `mfaToken` also
 * the token response of the sign-in that wanted the second factor.
 *
 * Refuses as the options do, and with 401 passkey_challenge_invalid and passkey_refused, 409 passkey_exists.
 */
export function registerPasskey(parts: PasskeyParts): Middleware<RequestState> {
  const { passkeys, party, masterKeys, authority, metrics, mailer } = parts;
  return async (ctx) => {
    const given = field.readFields(await readJson(ctx), registerPasskeyOperation.body!);
    const who = enrolling(ctx, given.mfaToken);
    let made: NewPasskey | null = null;
    let cause: unknown;
    try {
      made = await checkNew(party, given.credential);
    } catch (error) {
      cause = error;
    }
    const codes = createRecoveryCodes();
    const session = newSession(masterKeys.current);
    const { outcome, passkey, codesKept, result } = await passkeys.add(
      who,
      readClientData(given.credential.response.clientDataJSON).digest,
      made,
      { name: given.name ?? "", recovery: codes.map(recoveryDigest), notice: randomUUID() },
      session,
      factsOf(ctx),
    );
    ctx.state.outcome = outcome;
    metrics.signIns.inc({ kind: "passkey_registration", outcome });
    if (passkey) mailer.wake();
    if (outcome !== "ok") throw passkeyRefusal(outcome, { masterKeys, session: session.id }, cause);
    ctx.set("Cache-Control", "no-store");
    const added = { passkey, ...(codesKept && { recoveryCodes: codes }) };
    if (result) {
      await answerSignedIn(ctx, { authority, masterKeys }, session.id, result, given.cookie ?? false);
      ctx.body = { ...(ctx.body as object), ...added };
    } else {
      ctx.body = added;
    }
  };
}
