import type { Middleware } from "koa";
import type { AccountDeletion } from "../../auth/account_deletion.ts";
import type { MasterKeys } from "../../auth/encryption.ts";
import type { Mailer } from "../../mail/mailer.ts";
import { OF_A_MAIL, OF_SIGNING_IN, operation } from "../contract/operation.ts";
import * as field from "../fields.ts";
import { readJson } from "../read_json.ts";
import type { RequestState } from "../request_facts.ts";
import { mailRefusal, shownFields, shownIn } from "../shown_mail.ts";

export const restoreAccountOperation = operation({
  method: "post",
  path: "/auth/account/restore",
  area: "Signing in",
  summary: "Keep an account that was to be deleted",
  description:
    "With `token` of the link, or `email` and `code`, of the mail that was sent when it was asked for; or with the `restoreToken` of account_deletion_pending as `token`. It opens no session: sign in afterwards.",
  body: shownFields,
  answers: { 204: { says: "It stays." } },
  refusals: [...OF_SIGNING_IN, ...OF_A_MAIL],
});

/**
 * `POST /auth/account/restore {token}` or `{email, code}` → 204: the account stays. What ended when its deletion was asked
 * for stays ended: sessions, and API keys.
 *
 * Refuses with 400 invalid_verification_token (also once the erasure has begun) and invalid_input; 429 too_many_attempts
 * for codes.
 */
export function restoreAccount(
  deletion: AccountDeletion,
  mailer: Mailer,
  keys: MasterKeys,
): Middleware<RequestState> {
  return async (ctx) => {
    const given = field.readFields(await readJson(ctx), restoreAccountOperation.body!);
    const taken = await deletion.restore(shownIn(given, "restore_account", keys), ctx.state.facts);
    ctx.state.outcome = taken.outcome;
    if (taken.outcome !== "ok") throw mailRefusal(taken);
    mailer.wake();
    ctx.status = 204;
  };
}
