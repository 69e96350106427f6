import type { Middleware } from "koa";
import type { Captcha } from "../../auth/captcha/captcha.ts";
import type { MasterKeys } from "../../auth/encryption.ts";
import type { MailProofs } from "../../auth/mail_proofs.ts";
import { makeMailSecret } from "../../auth/mail_secrets.ts";
import type { Mailer } from "../../mail/mailer.ts";
import { captchaField, OF_A_CAPTCHA, requireCaptcha } from "../captcha_check.ts";
import { acknowledged } from "../contract/answers.ts";
import { OF_SIGNING_IN, operation } from "../contract/operation.ts";
import * as field from "../fields.ts";
import { languageOf } from "../language.ts";
import { readJson } from "../read_json.ts";
import type { RequestState } from "../request_facts.ts";

export const forgotPasswordOperation = operation({
  method: "post",
  path: "/auth/password/forgot",
  area: "Signing in",
  summary: "Ask for a link to a new password",
  description: "The same answer after the same work, whether the address is known or not.",
  body: { email: field.email, captcha: captchaField },
  answers: { 202: { says: "Whatever there is to say is in a mail.", body: acknowledged } },
  refusals: [...OF_SIGNING_IN, ...OF_A_CAPTCHA],
});

/**
 * `POST /auth/password/forgot {email}` → 202, whether there is an account or not: the same answer after the same work.
 * What there is to say, the mail says.
 *
 * Refuses with 400 invalid_input, and for the CAPTCHA.
 */
export function forgotPassword(
  proofs: MailProofs,
  mailer: Mailer,
  keys: MasterKeys,
  captcha: Captcha,
): Middleware<RequestState> {
  return async (ctx) => {
    const given = field.readFields(await readJson(ctx), forgotPasswordOperation.body!);
    const { email, captcha: solved } = given;
    await requireCaptcha(ctx, captcha, solved, "forgot_password");
    const mail = makeMailSecret(keys, "reset_password", email);
    await proofs.request("reset_password", email, mail, null, languageOf(ctx), ctx.state.facts);
    mailer.wake();
    ctx.status = 202;
    ctx.body = { message: "A mail is on its way to this address." };
  };
}
