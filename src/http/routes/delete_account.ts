import type { Middleware } from "koa";
import type { AccountDeletion } from "../../auth/account_deletion.ts";
import type { MasterKeys } from "../../auth/encryption.ts";
import type { Identity } from "../../auth/identity.ts";
import { makeMailSecret } from "../../auth/mail_secrets.ts";
import type { Mailer } from "../../mail/mailer.ts";
import { deletionAsked } from "../contract/answers.ts";
import { OF_A_SESSION, OF_SIGNING_IN, operation } from "../contract/operation.ts";
import * as field from "../fields.ts";
import { callerOf, sessionRefusal } from "../own_session.ts";
import { Problem, tooMany } from "../problem.ts";
import { readJson } from "../read_json.ts";
import { clearRefreshCookie } from "../refresh_cookie.ts";
import type { RequestState } from "../request_facts.ts";

export const deleteAccountOperation = operation({
  method: "post",
  path: "/auth/account/delete",
  area: "Signing in",
  summary: "Have one's account deleted",
  description:
    "Sessions and API keys end at once; the account is erased when the grace is over (`ACCOUNT_DELETION_GRACE_DAYS`). Until then the link and the code of the mail bring it back. It wants a fresh sign-in.",
  credential: "bearer",
  body: {},
  answers: { 202: { says: "It will be.", body: deletionAsked } },
  refusals: [...OF_SIGNING_IN, ...OF_A_SESSION, "last_owner", "step_up_required", "too_many_attempts"],
});

/**
 * `POST /auth/account/delete` with an access token → 202 `{deletedAt}`: sessions and API keys end at once, and a mail has a
 * link and a code that keep the account.
 *
 * Refuses with 401 step_up_required and whatever is wrong with the session; 409 last_owner, with `tenants`; 429
 * too_many_attempts where the address got three such mails in an hour.
 *
 * @param graceDays until it is erased
 */
export function deleteAccount(
  identity: Identity,
  deletion: AccountDeletion,
  mailer: Mailer,
  keys: MasterKeys,
  graceDays: number,
): Middleware<RequestState> {
  return async (ctx) => {
    field.readFields(await readJson(ctx), deleteAccountOperation.body!);
    const caller = callerOf(ctx.state);
    // The code is bound to the address that the mail goes to, and that one is not asked of whoever may have found the session.
    // A guest has none, and is refused below.
    const { user } = await identity.describeSession(caller);
    const mail = makeMailSecret(keys, "restore_account", user.email ?? "");
    const { outcome, dueAt, tenants } = await deletion.request(caller, graceDays, mail);
    ctx.state.outcome = outcome;
    if (outcome === "last_owner") {
      throw new Problem(
        409,
        "last_owner",
        `Make somebody else an owner first, of ${(tenants ?? []).join(", ")}.`,
        { members: { tenants } },
      );
    }
    if (outcome === "throttled") {
      throw tooMany("too_many_attempts", "This was asked for too often; wait before the next time.", 3_600);
    }
    if (outcome !== "ok") throw sessionRefusal(outcome);
    mailer.wake();
    clearRefreshCookie(ctx);
    ctx.status = 202;
    ctx.body = { deletedAt: dueAt!.toISOString() };
  };
}
