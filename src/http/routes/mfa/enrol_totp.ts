import { randomUUID } from "node:crypto";
import type { Middleware } from "koa";
import { seedPurpose } from "../../../auth/check_code.ts";
import { encrypt } from "../../../auth/encryption.ts";
import { createSeed, otpauthUrl, spelledOut } from "../../../auth/totp.ts";
import { totpSecret } from "../../contract/answers.ts";
import { OF_A_SESSION, OF_SIGNING_IN, operation } from "../../contract/operation.ts";
import * as field from "../../fields.ts";
import { readJson } from "../../read_json.ts";
import type { RequestState } from "../../request_facts.ts";
import { enrolling, factsOf } from "./enrolling.ts";
import { mfaToken } from "./fields.ts";
import type { MfaParts } from "./parts.ts";
import { refusal } from "./refusals.ts";

export const enrolOperation = operation({
  method: "post",
  path: "/auth/mfa/totp/enroll",
  area: "Signing in",
  summary: "Set up a second factor",
  description:
    "With an access token of a fresh sign-in, or with the `mfaToken` of mfa_enrolment_required. It counts for nothing until it is confirmed; asked again, it makes another.",
  credential: "bearer",
  body: { mfaToken: field.optional(mfaToken) },
  answers: { 200: { says: "What an app that shows codes wants to know.", body: totpSecret } },
  refusals: [
    ...OF_SIGNING_IN,
    ...OF_A_SESSION,
    "mfa_token_invalid",
    "second_factor_exists",
    "step_up_required",
  ],
});

/**
 * `POST /auth/mfa/totp/enroll {mfaToken?}` with an access token, or with the `mfaToken` of mfa_enrolment_required →
 * `{secret, otpauthUrl}`. It counts for nothing until it is confirmed; asked again, it makes another.
 *
 * Refuses with 401 credential_missing, mfa_token_invalid, step_up_required and what a session is refused for; 403
 * session_required for an API key; 409 second_factor_exists.
 */
export function enrolTotp({ factors, masterKeys, issuer }: MfaParts): Middleware<RequestState> {
  return async (ctx) => {
    const given = field.readFields(await readJson(ctx), enrolOperation.body!);
    const seed = createSeed();
    const factor = randomUUID();
    const sealed = encrypt(masterKeys, seed, seedPurpose(factor));
    const { outcome, email } = await factors.enrol(
      enrolling(ctx, given.mfaToken),
      factor,
      sealed,
      factsOf(ctx),
    );
    ctx.state.outcome = outcome;
    if (outcome !== "ok") throw refusal(outcome);
    ctx.set("Cache-Control", "no-store");
    ctx.body = { secret: spelledOut(seed), otpauthUrl: otpauthUrl(seed, issuer, email) };
  };
}
