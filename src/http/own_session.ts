import type { Caller } from "../database/caller.ts";
import { proofRefusal, WITHOUT_KEY } from "./dpop/refusals.ts";
import { Problem, unauthorized } from "./problem.ts";
import type { RequestState } from "./request_facts.ts";

/**
 * Who calls about their own account.
 *
 * @param wanted what is to be sent, as a sentence
 * @throws {Problem} 401 `credential_missing`
 */
export function callerOf(
  { caller }: RequestState,
  wanted = "This call needs the access token of a session.",
): Caller {
  if (caller) return caller;
  throw unauthorized("credential_missing", wanted);
}

/** Why a session will not do something with its own account: an outcome of `auth.live_session`, or what goes beyond it. */
export function sessionRefusal(fault: string): Problem {
  switch (fault) {
    case "no_session":
      return new Problem(
        403,
        "session_required",
        "This takes somebody who is signed in, and not an API key.",
      );
    case "unknown":
      return unauthorized("credential_unknown", "Nobody knows this credential here.");
    case "ended":
      return unauthorized("session_ended", "This session has ended already.");
    case "expired":
      return unauthorized("credential_expired", "The time of this session is over.");
    case "key_mismatch":
      return proofRefusal(WITHOUT_KEY, true);
    case "fingerprint_mismatch":
      return unauthorized(fault, "This session belongs to another browser or program.");
    case "other_tenant":
      return unauthorized("tenant_mismatch", "The token names another tenant than its session.");
    case "user_banned":
      return unauthorized(fault, "This account is blocked.");
    case "tenant_suspended":
    case "tenant_closed":
      return unauthorized(fault, "This company's account is not open.");
    case "membership_suspended":
    case "membership_removed":
      return unauthorized(fault, "You are not an active member of this company.");
    case "membership_unwelcome":
      return unauthorized("guest_unwelcome", "This company takes no guests any more.");
    case "account_required":
      return new Problem(403, fault, "This takes somebody with an account, and not a guest.");
    case "step_up_required":
      return stepUpRequired();
    default:
      throw new Error(`auth.live_session answered ${fault}`);
  }
}

/** 401 with the challenge of RFC 9470 section 3: the same token is good again after `POST /auth/step-up`. */
function stepUpRequired(): Problem {
  const detail = "Prove once more who you are, at /auth/step-up, and try again.";
  return new Problem(401, "step_up_required", detail, {
    headers: {
      "WWW-Authenticate": `Bearer realm="rowhouse", error="insufficient_user_authentication", error_description="${detail}", max_age=600`,
    },
  });
}
