import type { Context } from "koa";
import type { TokenAuthority } from "../auth/access_token.ts";
import type { MasterKeys } from "../auth/encryption.ts";
import type { SignedIn } from "../auth/identity.ts";
import { issueTokens } from "../auth/issue_tokens.ts";
import { sessionHandle } from "../auth/session_secrets.ts";
import { Problem, unauthorized } from "./problem.ts";
import { setRefreshCookie } from "./refresh_cookie.ts";
import type { RequestState } from "./request_facts.ts";

/**
 * Answers with a new session's first tokens (RFC 6749 section 5.1) and `user`, `tenant` and `tenants`.
 *
 * @param session its id; made under the current master key
 * @param inCookie whether the refresh token goes into a cookie and not into the body
 */
export async function answerSignedIn(
  ctx: Context & { state: RequestState },
  { authority, masterKeys }: { authority: TokenAuthority; masterKeys: MasterKeys },
  session: string,
  { expires_in, ...signedIn }: SignedIn,
  inCookie: boolean,
): Promise<void> {
  const { refresh_token, ...tokens } = await issueTokens(authority, {
    masterKey: masterKeys.current,
    id: session,
    counter: 0,
    userId: signedIn.user.id,
    tenantId: signedIn.tenant?.id ?? null,
    // As auth.open_session has bound it.
    keyThumbprint: ctx.state.facts.key_thumbprint,
  });
  if (inCookie) setRefreshCookie(ctx, refresh_token, expires_in);
  ctx.set("Cache-Control", "no-store");
  ctx.body = { ...tokens, ...(!inCookie && { refresh_token }), ...signedIn };
}

/**
 * Why somebody who proved who they are gets no session: an outcome of `auth.open_session`.
 *
 * @param asked the session that was to be made: its handle names the question where a second factor is wanted, and keeps an
 *   account that is to be deleted
 */
export function signInRefusal(outcome: string, asked?: { masterKeys: MasterKeys; session: string }): Problem {
  switch (outcome) {
    case "mfa_required":
    case "mfa_enrolment_required": {
      if (!asked) throw new Error(`${outcome}: nobody said which session was to be made`);
      return unauthorized(
        outcome,
        outcome === "mfa_required"
          ? "This account has a second factor: show it at /auth/mfa/verify or /auth/mfa/passkey/verify."
          : "This company wants a second factor: set one up at /auth/mfa/totp/enroll or /auth/passkey/register.",
        undefined,
        { mfaToken: sessionHandle(asked.masterKeys.current, asked.session) },
      );
    }
    case "user_banned":
      return unauthorized(outcome, "This account is blocked.");
    case "not_a_member":
      return new Problem(403, outcome, "You are not a member of this company.");
    case "deletion_pending":
      if (!asked) throw new Error(`${outcome}: nobody said which session was to be made`);
      return new Problem(
        403,
        "account_deletion_pending",
        "This account is to be deleted. The link of the mail that says so keeps it, or restoreToken.",
        { members: { restoreToken: sessionHandle(asked.masterKeys.current, asked.session) } },
      );
    case "way_not_allowed":
      return new Problem(403, outcome, "This company does not let its members sign in this way.");
    case "tenant_suspended":
      return unauthorized(outcome, "This company's account is suspended.");
    default:
      throw new Error(`auth.open_session answered ${outcome}`);
  }
}
