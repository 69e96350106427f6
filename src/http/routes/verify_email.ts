import type { Middleware } from "koa";
import type { MasterKeys } from "../../auth/encryption.ts";
import type { MailProofs } from "../../auth/mail_proofs.ts";
import type { PasswordRules } from "../../auth/password_rules.ts";
import { hashPassword } from "../../auth/passwords.ts";
import type { Config } from "../../config.ts";
import { browserOf } from "../asking_browser.ts";
import { OF_A_MAIL, OF_SIGNING_IN, operation } from "../contract/operation.ts";
import * as field from "../fields.ts";
import { languageOf } from "../language.ts";
import { refusalOf, weakPassword } from "../problem.ts";
import { readJson } from "../read_json.ts";
import type { RequestState } from "../request_facts.ts";
import { mailRefusal, shownFields, shownIn } from "../shown_mail.ts";

export const verifyEmailOperation = operation({
  method: "post",
  path: "/auth/email/verify",
  area: "Signing in",
  summary: "Prove an address",
  description:
    "The token of the mail's link, or `email` and the mail's six digits as `code`; each is good once. A password that will not do uses nothing up. For a guest who signs up, with the cookie of the browser that asked or the guest's access token.",
  body: { ...shownFields, password: field.text(1, 1_000) },
  answers: { 204: { says: "The account is there: sign in." } },
  refusals: [
    ...OF_SIGNING_IN,
    ...OF_A_MAIL,
    "link_of_another_browser",
    "registration_closed",
    "registration_invited",
    "weak_password",
  ],
});

/**
 * `POST /auth/email/verify {token, password}` or `{email, code, password}` → 204: user, password and tenant come into
 * being. Link and code are good once; a password that will not do uses nothing up. If another company has the slug by
 * now, this one gets a slug like it: who signs in sees which. A guest who signed up stays the same user, and shows that they
 * asked, by the browser's cookie or by their access token.
 *
 * Refuses with 400 invalid_verification_token, weak_password and invalid_input; 403 link_of_another_browser for a guest's, and
 * registration_closed and registration_invited, to who proved the address, where it gets no account any more; 429
 * too_many_attempts for codes.
 */
export function verifyEmail(
  proofs: MailProofs,
  rules: PasswordRules,
  keys: MasterKeys,
  admits: Config["registration"],
): Middleware<RequestState> {
  return async (ctx) => {
    const { caller } = ctx.state;
    const facts = caller?.facts ?? ctx.state.facts;
    const { password, ...given } = field.readFields(await readJson(ctx), verifyEmailOperation.body!);
    const shown = shownIn(given, "register", keys);
    const weighed = await proofs.weigh("register", shown, facts);
    if (weighed.outcome !== "ok") throw mailRefusal(weighed);
    const weakness = await rules.problem(password, weighed.about ?? []);
    if (weakness) throw weakPassword(weakness);

    const by = { browser: browserOf(ctx), handle: caller?.credential ?? null };
    const hash = await hashPassword(password);
    const taken = await proofs.verifyEmail(shown, hash, languageOf(ctx), admits, by, facts);
    if (taken.outcome === "registration_closed" || taken.outcome === "registration_invited") {
      throw refusalOf(taken.outcome);
    }
    if (taken.outcome !== "verified") throw mailRefusal(taken);
    ctx.status = 204;
  };
}
