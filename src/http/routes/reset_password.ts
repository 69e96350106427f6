import { randomUUID } from "node:crypto";
import type { Middleware } from "koa";
import type { MasterKeys } from "../../auth/encryption.ts";
import type { MailProofs } from "../../auth/mail_proofs.ts";
import type { PasswordRules } from "../../auth/password_rules.ts";
import { hashPassword } from "../../auth/passwords.ts";
import type { Mailer } from "../../mail/mailer.ts";
import { OF_A_MAIL, OF_SIGNING_IN, operation } from "../contract/operation.ts";
import * as field from "../fields.ts";
import { weakPassword } from "../problem.ts";
import { readJson } from "../read_json.ts";
import { clearRefreshCookie } from "../refresh_cookie.ts";
import type { RequestState } from "../request_facts.ts";
import { mailRefusal, shownFields, shownIn } from "../shown_mail.ts";

export const resetPasswordOperation = operation({
  method: "post",
  path: "/auth/password/reset",
  area: "Signing in",
  summary: "Set a new password with a mail's link or code",
  description:
    "`token` of the link, or `email` and `code`. Every session ends, and a mail tells the owner. A password that will not do uses nothing up.",
  body: { ...shownFields, password: field.text(1, 1_000) },
  answers: { 204: { says: "Set: sign in with it." } },
  refusals: [...OF_SIGNING_IN, ...OF_A_MAIL, "weak_password"],
});

/**
 * `POST /auth/password/reset {token, password}` or `{email, code, password}` → 204. Every session ends, every other link
 * and code that was mailed dies, and a mail tells the owner. A password that will not do uses nothing up.
 *
 * Refuses with 400 invalid_verification_token, weak_password and invalid_input; 429 too_many_attempts for codes.
 */
export function resetPassword(
  proofs: MailProofs,
  rules: PasswordRules,
  mailer: Mailer,
  keys: MasterKeys,
): Middleware<RequestState> {
  return async (ctx) => {
    const { facts } = ctx.state;
    const { password, ...given } = field.readFields(await readJson(ctx), resetPasswordOperation.body!);
    const shown = shownIn(given, "reset_password", keys);
    const weighed = await proofs.weigh("reset_password", shown, facts);
    if (weighed.outcome !== "ok") throw mailRefusal(weighed);
    const weakness = await rules.problem(password, weighed.about ?? []);
    if (weakness) throw weakPassword(weakness);

    const taken = await proofs.resetPassword(shown, await hashPassword(password), randomUUID(), facts);
    if (taken.outcome !== "ok") throw mailRefusal(taken);
    mailer.wake();
    clearRefreshCookie(ctx);
    ctx.status = 204;
  };
}
