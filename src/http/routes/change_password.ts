import { randomUUID } from "node:crypto";
import type { Middleware } from "koa";
import type { OwnAccount } from "../../auth/own_account.ts";
import type { PasswordRules } from "../../auth/password_rules.ts";
import { hashPassword, verifyPassword } from "../../auth/passwords.ts";
import type { Mailer } from "../../mail/mailer.ts";
import { OF_A_SESSION, OF_SIGNING_IN, operation } from "../contract/operation.ts";
import * as field from "../fields.ts";
import { callerOf, sessionRefusal } from "../own_session.ts";
import { tooMany, unauthorized, weakPassword } from "../problem.ts";
import { readJson } from "../read_json.ts";
import type { RequestState } from "../request_facts.ts";

export const changePasswordOperation = operation({
  method: "post",
  path: "/auth/password/change",
  area: "Signing in",
  summary: "Change one's password",
  description: "The other sessions end, links and codes that were mailed die, and a mail tells the owner.",
  credential: "bearer",
  body: { current: field.text(1, 1_000), new: field.text(1, 1_000) },
  answers: { 204: { says: "Changed." } },
  refusals: [...OF_SIGNING_IN, ...OF_A_SESSION, "invalid_credentials", "too_many_attempts", "weak_password"],
});

/**
 * `POST /auth/password/change {current, new}` with an access token → 204. The other sessions end, links and codes that
 * were mailed die, and a mail tells the owner.
 *
 * Refuses with 401 invalid_credentials if `current` is wrong; 400 weak_password; 429 too_many_attempts, as slowly as a
 * login; and with whatever is wrong with the session.
 */
export function changePassword(
  account: OwnAccount,
  rules: PasswordRules,
  mailer: Mailer,
): Middleware<RequestState> {
  return async (ctx) => {
    const { current, new: wanted } = field.readFields(await readJson(ctx), changePasswordOperation.body!);
    const caller = callerOf(ctx.state);
    const { outcome, retryAfter, passwordHash, about } = await account.beginPasswordChange(caller);
    ctx.state.outcome = outcome;
    if (outcome === "throttled") {
      throw tooMany("too_many_attempts", "Too many attempts; wait before the next one.", retryAfter ?? 1);
    }
    if (outcome !== "ok") throw sessionRefusal(outcome);

    const verified = await verifyPassword(passwordHash, current);
    // Only whoever knows the old password is told what is wrong with the new one.
    const weakness = verified ? await rules.problem(wanted, about ?? []) : null;
    if (weakness) throw weakPassword(weakness, "new");
    const changed = await account.finishPasswordChange(caller, {
      verified,
      knownHash: passwordHash,
      passwordHash: await hashPassword(wanted),
      notice: randomUUID(),
    });
    ctx.state.outcome = changed;
    if (changed === "invalid_credentials") {
      throw unauthorized("invalid_credentials", "The password is wrong.");
    }
    if (changed !== "ok") throw sessionRefusal(changed);
    mailer.wake();
    ctx.status = 204;
  };
}
