import { PROOF_ALGORITHMS } from "../../auth/dpop/proof.ts";
import type { Code } from "../codes.ts";
import { Problem } from "../problem.ts";

/** What is wrong with a proof. */
export interface ProofFault {
  readonly code: Extract<Code, "invalid_dpop_proof" | "use_dpop_nonce">;
  readonly detail: string;
}

export const invalid = (detail: string): ProofFault => ({ code: "invalid_dpop_proof", detail });

/** What the database says of a session that is bound to a key: `key_mismatch`. */
export const WITHOUT_KEY = invalid(
  "This session is bound to a key, and the request does not prove that it holds that one.",
);

/**
 * Refuses a proof as a resource does, where an access token came with it (401, RFC 9449 section 7.1); else as a token
 * endpoint does, with `error` for clients that know no `code` (400, section 5).
 */
export function proofRefusal({ code, detail }: ProofFault, withToken: boolean, cause?: unknown): Problem {
  return withToken
    ? challenged(code, code, detail, cause)
    : new Problem(400, code, detail, { members: { error: code }, cause });
}

/** 401 `token_invalid`: a bound token without proof of its key, or an unbound one as if it were bound. */
export function bindingRefusal(detail: string): Problem {
  return challenged("token_invalid", "invalid_token", detail);
}

function challenged(code: Code, error: string, detail: string, cause?: unknown): Problem {
  const challenge = dpopChallenge(`error="${error}", error_description="${detail}"`);
  return new Problem(401, code, detail, { headers: { "WWW-Authenticate": challenge }, cause });
}

/** A challenge of RFC 9449 section 7.1. */
export function dpopChallenge(parameters: string): string {
  return `DPoP realm="rowhouse", ${parameters}, algs="${PROOF_ALGORITHMS.join(" ")}"`;
}
