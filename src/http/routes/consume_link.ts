import type { Middleware } from "koa";
import type { TokenAuthority } from "../../auth/access_token.ts";
import type { MasterKeys } from "../../auth/encryption.ts";
import type { MailProofs } from "../../auth/mail_proofs.ts";
import { newSession } from "../../auth/session_secrets.ts";
import type { Metrics } from "../../metrics.ts";
import { browserOf } from "../asking_browser.ts";
import { signedIn } from "../contract/answers.ts";
import { OF_A_MAIL, OF_SIGNING_IN, operation } from "../contract/operation.ts";
import * as field from "../fields.ts";
import { readJson } from "../read_json.ts";
import type { RequestState } from "../request_facts.ts";
import { mailRefusal, shownFields, shownIn } from "../shown_mail.ts";
import { answerSignedIn, signInRefusal } from "../token_response.ts";

export const consumeLinkOperation = operation({
  method: "post",
  path: "/auth/link/consume",
  area: "Signing in",
  summary: "Sign in with a mail's link or code",
  description:
    "`token` of the link, in the browser that asked for it; or `email` and `code`, in any. `tenant` and `cookie` are as at `/auth/login`.",
  body: { ...shownFields, tenant: field.optional(field.slug), cookie: field.optional(field.boolean) },
  answers: { 200: { says: "The session's first tokens.", body: signedIn } },
  refusals: [
    ...OF_SIGNING_IN,
    ...OF_A_MAIL,
    "account_deletion_pending",
    "link_of_another_browser",
    "mfa_enrolment_required",
    "mfa_required",
    "not_a_member",
    "tenant_suspended",
    "user_banned",
    "way_not_allowed",
  ],
});

/**
 * `POST /auth/link/consume {token, tenant?, cookie?}` or `{email, code, …}` → a token response, as of a login. The link
 * is good in the browser that asked for it; the code in any.
 *
 * Refuses with 400 invalid_verification_token and invalid_input; 403 link_of_another_browser; 429 too_many_attempts for
 * codes; 401 user_banned and tenant_suspended, 403 not_a_member.
 */
export function consumeLink(
  proofs: MailProofs,
  authority: TokenAuthority,
  keys: MasterKeys,
  metrics: Metrics,
): Middleware<RequestState> {
  return async (ctx) => {
    const { tenant, cookie, ...given } = field.readFields(await readJson(ctx), consumeLinkOperation.body!);
    const shown = shownIn(given, "sign_in", keys);
    const { id: session, handle } = newSession(keys.current);
    const consumed = await proofs.signIn(
      shown,
      { browser: browserOf(ctx), session, handle, tenantSlug: tenant ?? null },
      ctx.state.facts,
    );
    const { outcome, result } = consumed;
    ctx.state.outcome = outcome;
    metrics.signIns.inc({ kind: "link", outcome });
    if (["invalid_token", "throttled", "other_browser"].includes(outcome)) throw mailRefusal(consumed);
    if (outcome !== "ok") throw signInRefusal(outcome, { masterKeys: keys, session });

    await answerSignedIn(ctx, { authority, masterKeys: keys }, session, result, cookie ?? false);
  };
}
