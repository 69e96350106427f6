import { randomUUID } from "node:crypto";
import type { Middleware } from "koa";
import { checkCode } from "../../../auth/check_code.ts";
import { newSession } from "../../../auth/session_secrets.ts";
import { createRecoveryCodes, recoveryDigest } from "../../../auth/totp.ts";
import { recoveryCodes } from "../../contract/answers.ts";
import { OF_A_SESSION, OF_SIGNING_IN, operation } from "../../contract/operation.ts";
import * as field from "../../fields.ts";
import { readJson } from "../../read_json.ts";
import type { RequestState } from "../../request_facts.ts";
import { answerSignedIn } from "../../token_response.ts";
import { enrolling, factsOf } from "./enrolling.ts";
import { code, mfaToken } from "./fields.ts";
import type { MfaParts } from "./parts.ts";
import { refusal, refuseUnasked } from "./refusals.ts";

export const confirmOperation = operation({
  method: "post",
  path: "/auth/mfa/totp/confirm",
  area: "Signing in",
  summary: "Confirm a second factor with its first code",
  description:
    "With an `mfaToken`, the answer is also the token response of the sign-in that wanted the second factor.",
  credential: "bearer",
  body: { code, mfaToken: field.optional(mfaToken), cookie: field.optional(field.boolean) },
  answers: { 200: { says: "Ten recovery codes, shown this once.", body: recoveryCodes } },
  refusals: [
    ...OF_SIGNING_IN,
    ...OF_A_SESSION,
    "account_deletion_pending",
    "invalid_code",
    "mfa_token_invalid",
    "second_factor_exists",
    "second_factor_missing",
    "step_up_required",
    "too_many_attempts",
  ],
});

/**
 * `POST /auth/mfa/totp/confirm {code, mfaToken?, cookie?}` → `{recoveryCodes}`, shown this once; with an `mfaToken` also
 * the token response of the sign-in that wanted the second factor.
 *
 * Refuses as `enrolTotp` does, and with 401 invalid_code, 409 second_factor_missing, 429 too_many_attempts.
 */
export function confirmTotp(parts: MfaParts): Middleware<RequestState> {
  const { factors, masterKeys, authority, metrics } = parts;
  return async (ctx) => {
    const given = field.readFields(await readJson(ctx), confirmOperation.body!);
    const who = enrolling(ctx, given.mfaToken);
    const asked = await factors.beginConfirmation(who, factsOf(ctx));
    refuseUnasked(ctx, asked);
    const { step } = checkCode(masterKeys, asked, given.code);
    const codes = createRecoveryCodes();
    const session = newSession(masterKeys.current);
    const { outcome, result } = await factors.confirm(
      who,
      { factor: asked.factor ?? randomUUID(), step, recovery: codes.map(recoveryDigest) },
      session,
      factsOf(ctx),
    );
    ctx.state.outcome = outcome;
    metrics.signIns.inc({ kind: "mfa", outcome });
    if (outcome !== "ok") throw refusal(outcome, { masterKeys, session: session.id });
    ctx.set("Cache-Control", "no-store");
    if (result) {
      await answerSignedIn(ctx, { authority, masterKeys }, session.id, result, given.cookie ?? false);
      ctx.body = { ...(ctx.body as object), recoveryCodes: codes };
    } else {
      ctx.body = { recoveryCodes: codes };
    }
  };
}
