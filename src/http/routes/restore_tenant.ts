import type { Middleware } from "koa";
import type { OwnTenants } from "../../auth/own_tenants.ts";
import { digest } from "../../auth/session_secrets.ts";
import type { Mailer } from "../../mail/mailer.ts";
import { OF_SIGNING_IN, operation } from "../contract/operation.ts";
import * as field from "../fields.ts";
import { readJson } from "../read_json.ts";
import type { RequestState } from "../request_facts.ts";
import { mailRefusal } from "../shown_mail.ts";

export const restoreTenantOperation = operation({
  method: "post",
  path: "/auth/tenants/restore",
  area: "Signing in",
  summary: "Keep a company that was to be deleted",
  description:
    "With `token` of the link that each owner was mailed when one of them had it deleted. It opens no session: sign in afterwards. All owners are told.",
  body: { token: field.text(1, 200) },
  answers: { 204: { says: "It stays." } },
  refusals: [...OF_SIGNING_IN, "invalid_verification_token"],
});

/**
 * `POST /auth/tenants/restore {token}` → 204: the company is open again. What ended when its deletion was asked for stays ended:
 * sessions, and API keys.
 *
 * Refuses with 400 invalid_verification_token, also once the erasure has begun or for who owns it no more, and invalid_input.
 */
export function restoreTenant(tenants: OwnTenants, mailer: Mailer): Middleware<RequestState> {
  return async (ctx) => {
    const { token } = field.readFields(await readJson(ctx), restoreTenantOperation.body!);
    const outcome = await tenants.restore(digest(token), ctx.state.facts);
    ctx.state.outcome = outcome;
    if (outcome !== "ok") throw mailRefusal({ outcome, retryAfter: 0 });
    mailer.wake();
    ctx.status = 204;
  };
}
