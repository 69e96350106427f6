import type { Middleware } from "koa";
import type { Captcha } from "../../auth/captcha/captcha.ts";
import type { MasterKeys } from "../../auth/encryption.ts";
import type { Guests } from "../../auth/guests.ts";
import { makeMailSecret } from "../../auth/mail_secrets.ts";
import type { Config } from "../../config.ts";
import type { Mailer } from "../../mail/mailer.ts";
import { rememberBrowser } from "../asking_browser.ts";
import { captchaField, OF_A_CAPTCHA, requireCaptcha } from "../captcha_check.ts";
import { acknowledged } from "../contract/answers.ts";
import { OF_ANY_SESSION, OF_SIGNING_IN, operation } from "../contract/operation.ts";
import * as field from "../fields.ts";
import { languageOf } from "../language.ts";
import { callerOf, sessionRefusal } from "../own_session.ts";
import { Problem, refusalOf } from "../problem.ts";
import { readJson } from "../read_json.ts";
import type { RequestState } from "../request_facts.ts";
import { namingTheField } from "./register.ts";

export const upgradeGuestOperation = operation({
  method: "post",
  path: "/auth/guest/upgrade",
  area: "Signing in",
  summary: "Sign up as a guest, and keep the conversations",
  description:
    "The same answer after the same work, whether the address is known or not: the mail says the rest. Its link or code goes to /auth/email/verify, with the cookie of this browser or the guest's access token.",
  credential: "bearer",
  body: { email: field.email, name: field.name, captcha: captchaField },
  answers: { 202: { says: "Whatever there is to say is in a mail.", body: acknowledged } },
  refusals: [
    ...OF_SIGNING_IN,
    ...OF_ANY_SESSION,
    ...OF_A_CAPTCHA,
    "not_a_guest",
    "registration_closed",
    "registration_invited",
  ],
});

/**
 * `POST /auth/guest/upgrade {email, name, captcha?}` with a guest's access token → 202, whether the address has an account
 * or not: what there is to say, the mail says. Nothing is changed until its link or code is shown by who asked.
 *
 * Refuses with whatever is wrong with the session; 409 not_a_guest for who has an account; 403 registration_closed and
 * registration_invited; and for the CAPTCHA.
 */
export function upgradeGuest(
  guests: Guests,
  captcha: Captcha,
  mailer: Mailer,
  keys: MasterKeys,
  registration: Config["registration"],
): Middleware<RequestState> {
  return async (ctx) => {
    const given = field.readFields(await readJson(ctx), upgradeGuestOperation.body!);
    const { email, name, captcha: solved } = given;
    const caller = callerOf(ctx.state);
    if (registration !== "open") throw refusalOf(`registration_${registration}`);
    await requireCaptcha(ctx, captcha, solved, "register");
    const mail = makeMailSecret(keys, "register", email);
    const wanted = { email, name, browser: rememberBrowser(ctx), locale: languageOf(ctx) };
    const outcome = await guests.upgrade(caller, wanted, mail).catch(namingTheField);
    ctx.state.outcome = outcome;
    if (outcome === "not_a_guest") {
      throw new Problem(409, outcome, "Whoever asks has an account already.");
    }
    if (outcome !== "ok") throw sessionRefusal(outcome);
    mailer.wake();
    ctx.status = 202;
    ctx.body = { message: "If this address can be registered, a mail with a link is on its way to it." };
  };
}
