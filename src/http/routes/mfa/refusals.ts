import type { MasterKeys } from "../../../auth/encryption.ts";
import type { CodeAsked } from "../../../auth/second_factors.ts";
import { sessionRefusal } from "../../own_session.ts";
import { Problem, tooMany, unauthorized } from "../../problem.ts";
import type { Request } from "../../request_facts.ts";
import { signInRefusal } from "../../token_response.ts";

/** @throws {Problem} if no code may be tried */
export function refuseUnasked(ctx: Request, { outcome, retryAfter }: CodeAsked): void {
  if (outcome === "ok") return;
  ctx.state.outcome = outcome;
  if (outcome === "throttled") {
    throw tooMany("too_many_attempts", "Too many attempts; wait before the next one.", retryAfter ?? 1);
  }
  throw refusal(outcome);
}

/** Why a second factor is not set up, shown or removed. */
export function refusal(outcome: string, asked?: { masterKeys: MasterKeys; session: string }): Problem {
  switch (outcome) {
    case "invalid":
      return unauthorized("mfa_token_invalid", "This mfaToken is over or none of ours: sign in again.");
    case "invalid_code":
      return unauthorized("invalid_code", "This code is wrong, too old, or was used before.");
    case "exists":
      return new Problem(409, "second_factor_exists", "There is a second factor: remove it first.");
    case "not_enrolled":
      return new Problem(409, "second_factor_missing", "There is no second factor to confirm or remove.");
    case "not_a_member":
    case "way_not_allowed":
    case "deletion_pending":
    case "mfa_required":
    case "mfa_enrolment_required":
      return signInRefusal(outcome, asked);
    default:
      return sessionRefusal(outcome);
  }
}
