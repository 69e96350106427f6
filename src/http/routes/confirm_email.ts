import { randomUUID } from "node:crypto";
import type { Middleware } from "koa";
import type { MasterKeys } from "../../auth/encryption.ts";
import type { OwnAccount } from "../../auth/own_account.ts";
import type { Mailer } from "../../mail/mailer.ts";
import { browserOf } from "../asking_browser.ts";
import { OF_A_MAIL, OF_SIGNING_IN, operation } from "../contract/operation.ts";
import * as field from "../fields.ts";
import { readJson } from "../read_json.ts";
import type { RequestState } from "../request_facts.ts";
import { mailRefusal, shownFields, shownIn } from "../shown_mail.ts";

export const confirmEmailOperation = operation({
  method: "post",
  path: "/auth/email/change/confirm",
  area: "Signing in",
  summary: "Prove the new address, which is the account's from then on",
  description:
    "With `token` of the link, or `email` and `code`; from the browser that asked, or with an access token of the same person. The sessions go on, and a mail tells the old address.",
  body: shownFields,
  answers: { 204: { says: "Changed." } },
  refusals: [...OF_SIGNING_IN, ...OF_A_MAIL, "link_of_another_browser"],
});

/**
 * `POST /auth/email/change/confirm {token}` or `{email, code}` → 204: the address is changed, and a mail tells the old
 * one. Beside the mail it wants who asked: the browser that did, by its cookie, or an access token of the same person.
 *
 * Refuses with 400 invalid_verification_token (also where the address has an account by now) and invalid_input; 403
 * link_of_another_browser; 429 too_many_attempts for codes.
 */
export function confirmEmail(
  account: OwnAccount,
  mailer: Mailer,
  keys: MasterKeys,
): Middleware<RequestState> {
  return async (ctx) => {
    const given = field.readFields(await readJson(ctx), confirmEmailOperation.body!);
    const { caller, facts } = ctx.state;
    const taken = await account.confirmEmailChange(
      shownIn(given, "change_email", keys),
      { browser: browserOf(ctx), handle: caller?.credential ?? null, notice: randomUUID() },
      caller?.facts ?? facts,
    );
    ctx.state.outcome = taken.outcome;
    if (taken.outcome !== "ok") throw mailRefusal(taken);
    mailer.wake();
    ctx.status = 204;
  };
}
