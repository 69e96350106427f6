import type { Middleware } from "koa";
import { checkCode } from "../../auth/check_code.ts";
import type { MasterKeys } from "../../auth/encryption.ts";
import { verifyPassword } from "../../auth/passwords.ts";
import type { SecondFactors } from "../../auth/second_factors.ts";
import type { Metrics } from "../../metrics.ts";
import { steppedUp } from "../contract/answers.ts";
import { OF_A_SESSION, OF_SIGNING_IN, operation } from "../contract/operation.ts";
import * as field from "../fields.ts";
import { callerOf, sessionRefusal } from "../own_session.ts";
import { Problem, unauthorized } from "../problem.ts";
import { readJson } from "../read_json.ts";
import type { RequestState } from "../request_facts.ts";
import { refuseUnasked } from "./mfa/refusals.ts";

export const stepUpOperation = operation({
  method: "post",
  path: "/auth/step-up",
  area: "Signing in",
  summary: "Prove once more who one is",
  description:
    "The session, and its tokens, are good for ten minutes of what wants a fresh sign-in. Who has a second factor shows that (`code`, or a passkey at `/auth/step-up/passkey`), others the password.",
  credential: "bearer",
  body: { password: field.optional(field.text(1, 1_000)), code: field.optional(field.text(1, 40)) },
  answers: { 200: { says: "Fresh again.", body: steppedUp } },
  refusals: [
    ...OF_SIGNING_IN,
    ...OF_A_SESSION,
    "invalid_code",
    "invalid_credentials",
    "password_required",
    "second_factor_required",
    "too_many_attempts",
  ],
});

/**
 * `POST /auth/step-up {password | code}` with an access token → `{authTime}`: the session, and its tokens, are good for
 * ten minutes of what wants a fresh sign-in. Who has a second factor shows that, others the password.
 *
 * Refuses with 401 credential_missing, invalid_credentials, invalid_code and what a session is refused for; 400
 * second_factor_required and password_required for the wrong one of the two; 403 session_required; 429 too_many_attempts.
 */
export function stepUp(factors: SecondFactors, keys: MasterKeys, metrics: Metrics): Middleware<RequestState> {
  return async (ctx) => {
    const { password, code } = field.readFields(await readJson(ctx), stepUpOperation.body!);
    if ((password === undefined) === (code === undefined)) {
      throw field.invalidFields([{ field: "password", detail: "or code must be given, and not both" }]);
    }
    const caller = callerOf(ctx.state);
    const asked = await factors.beginStepUp(caller.credential, code !== undefined, caller.facts);
    if (asked.outcome === "code_required") {
      throw new Problem(
        400,
        "second_factor_required",
        "This account has a second factor: give a code of it, or show a passkey at /auth/step-up/passkey.",
      );
    }
    if (asked.outcome === "password_required") {
      throw new Problem(400, "password_required", "This account has no second factor: give the password.");
    }
    refuseUnasked(ctx, asked);
    const verified = password !== undefined && (await verifyPassword(asked.passwordHash, password));
    const shown = code === undefined ? { step: null, recovery: null } : checkCode(keys, asked, code);
    const { outcome, authenticatedAt } = await factors.stepUp(
      caller.credential,
      { verified, ...shown },
      caller.facts,
    );
    ctx.state.outcome = outcome;
    metrics.signIns.inc({ kind: "step_up", outcome });
    if (outcome === "invalid") {
      throw code === undefined
        ? unauthorized("invalid_credentials", "The password is wrong.")
        : unauthorized("invalid_code", "This code is wrong, too old, or was used before.");
    }
    if (outcome !== "ok") throw sessionRefusal(outcome);
    ctx.set("Cache-Control", "no-store");
    ctx.body = { authTime: Math.floor(Number(authenticatedAt) / 1000) };
  };
}
