import type { MasterKeys } from "../../../auth/encryption.ts";
import type { PasskeyAsked } from "../../../auth/passkeys/passkeys.ts";
import { type Problem, refusalOf, tooMany } from "../../problem.ts";
import type { Request } from "../../request_facts.ts";
import { refusal } from "../mfa/refusals.ts";

/** Codes that are outcomes of db/schema/auth about passkeys. */
const CODES = {
  challenge_invalid: "passkey_challenge_invalid",
  refused: "passkey_refused",
  none: "passkey_missing",
  taken: "passkey_exists",
  full: "passkey_limit",
} as const;

/**
 * Why a passkey is not made or not taken.
 *
 * @param asked whose handle names the question, where a second factor is wanted: the session that was to be made
 * @param cause why the answer does not hold, for the log
 */
export function passkeyRefusal(
  outcome: string,
  asked?: { masterKeys: MasterKeys; session: string },
  cause?: unknown,
): Problem {
  const known = Object.entries(CODES).find(([name]) => name === outcome);
  return known ? refusalOf(known[1], cause) : refusal(outcome, asked);
}

/** @throws {Problem} if no answer may be tried */
export function refuseUntried(ctx: Request, { outcome, retryAfter }: PasskeyAsked): void {
  if (outcome === "ok") return;
  ctx.state.outcome = outcome;
  if (outcome === "throttled") {
    throw tooMany("too_many_attempts", "Too many attempts; wait before the next one.", retryAfter ?? 1);
  }
  throw passkeyRefusal(outcome);
}
