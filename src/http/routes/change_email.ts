import type { Middleware } from "koa";
import type { MasterKeys } from "../../auth/encryption.ts";
import { makeMailSecret } from "../../auth/mail_secrets.ts";
import type { OwnAccount } from "../../auth/own_account.ts";
import type { Mailer } from "../../mail/mailer.ts";
import { rememberBrowser } from "../asking_browser.ts";
import { acknowledged } from "../contract/answers.ts";
import { OF_A_SESSION, OF_SIGNING_IN, operation } from "../contract/operation.ts";
import * as field from "../fields.ts";
import { callerOf, sessionRefusal } from "../own_session.ts";
import { readJson } from "../read_json.ts";
import type { RequestState } from "../request_facts.ts";

export const changeEmailOperation = operation({
  method: "post",
  path: "/auth/email/change",
  area: "Signing in",
  summary: "Ask for another address",
  description:
    "Nothing is changed until the link or the code that was mailed to it is shown. It wants a fresh sign-in.",
  credential: "bearer",
  body: { email: field.email },
  answers: { 202: { says: "Whatever there is to say is in a mail to the new address.", body: acknowledged } },
  refusals: [...OF_SIGNING_IN, ...OF_A_SESSION, "step_up_required"],
});

/**
 * `POST /auth/email/change {email}` with an access token → 202, whether the new address has an account already or not:
 * what there is to say, the mail to it says. Nothing is changed until its link or code is shown.
 *
 * Refuses with 400 invalid_input, and with whatever is wrong with the session.
 */
export function changeEmail(account: OwnAccount, mailer: Mailer, keys: MasterKeys): Middleware<RequestState> {
  return async (ctx) => {
    const { email } = field.readFields(await readJson(ctx), changeEmailOperation.body!);
    const caller = callerOf(ctx.state);
    const mail = makeMailSecret(keys, "change_email", email);
    const outcome = await account.requestEmailChange(caller, email, mail, rememberBrowser(ctx));
    ctx.state.outcome = outcome;
    if (outcome !== "ok") throw sessionRefusal(outcome);
    mailer.wake();
    ctx.status = 202;
    ctx.body = { message: "A mail is on its way to the new address." };
  };
}
