import type { Middleware } from "koa";
import type { TokenAuthority } from "../../auth/access_token.ts";
import type { MasterKeys } from "../../auth/encryption.ts";
import type { Identity } from "../../auth/identity.ts";
import { newSession } from "../../auth/session_secrets.ts";
import type { Metrics } from "../../metrics.ts";
import { signedIn } from "../contract/answers.ts";
import { OF_A_SESSION, OF_SIGNING_IN, operation } from "../contract/operation.ts";
import * as field from "../fields.ts";
import { sessionRefusal } from "../own_session.ts";
import { readJson } from "../read_json.ts";
import { clearRefreshCookie } from "../refresh_cookie.ts";
import type { RequestState } from "../request_facts.ts";
import { showingOf } from "../session_shown.ts";
import { answerSignedIn, signInRefusal } from "../token_response.ts";
import { refreshRefusal } from "./refresh.ts";

/** Outcomes that are about the tenant and the person, and not about the session they came with. */
const OF_THE_TENANT = [
  "not_a_member",
  "tenant_suspended",
  "way_not_allowed",
  "user_banned",
  "mfa_required",
  "mfa_enrolment_required",
];

export const switchOperation = operation({
  method: "post",
  path: "/auth/switch",
  area: "Signing in",
  summary: "Open a session in another company of the same person",
  description:
    "With the access token, or with the refresh cookie alone. The session that they are in goes on. The new refresh token is in a cookie if the old one was shown in one, or with `cookie: true`.",
  credential: "bearer",
  body: { tenant: field.slug, cookie: field.optional(field.boolean) },
  answers: { 200: { says: "The new session's first tokens.", body: signedIn } },
  refusals: [
    ...OF_SIGNING_IN,
    ...OF_A_SESSION,
    "invalid_grant",
    "mfa_enrolment_required",
    "mfa_required",
    "not_a_member",
    "origin_not_allowed",
    "way_not_allowed",
  ],
});

/**
 * `POST /auth/switch {tenant, cookie?}` with an access token, or with the refresh cookie alone → a token response of a new
 * session in another of the person's companies, as a sign-in answers. The session that they are in goes on. The new
 * refresh token is in a cookie if the old one was shown in one, or with `cookie: true`.
 *
 * Refuses with 403 not_a_member, the same for a company that there is not; 401 tenant_suspended; 403 session_required for
 * an API key, account_required for a guest; 401 with the door's own reason for a session that is not good, invalid_grant and fingerprint_mismatch for a
 * cookie of one; 401 credential_expired too where the sign-in is longer ago than the other company allows; 403
 * origin_not_allowed for a cookie from a foreign page.
 */
export function switchTenant(
  identity: Identity,
  authority: TokenAuthority,
  keys: MasterKeys,
  metrics: Metrics,
  origins: readonly string[],
): Middleware<RequestState> {
  return async (ctx) => {
    const { tenant, cookie = false } = field.readFields(await readJson(ctx), switchOperation.body!);
    const { shown, inCookie, facts } = showingOf(ctx, keys, origins);
    const { id: session, handle } = newSession(keys.current);
    const wanted = { session, handle, tenantSlug: tenant };
    const answer = shown && (await identity.switchTenant(shown, wanted, facts));
    const outcome = answer?.outcome ?? "forged";
    ctx.state.outcome = outcome;
    metrics.signIns.inc({ kind: "switch", outcome });
    if (!answer || outcome !== "ok") {
      const problem = OF_THE_TENANT.includes(outcome)
        ? signInRefusal(outcome, { masterKeys: keys, session })
        : inCookie && outcome !== "account_required"
          ? refreshRefusal(outcome)
          : sessionRefusal(outcome);
      if (problem.code === "invalid_grant") clearRefreshCookie(ctx);
      throw problem;
    }
    await answerSignedIn(ctx, { authority, masterKeys: keys }, session, answer.result, cookie || inCookie);
  };
}
