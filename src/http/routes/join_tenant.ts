import type { Middleware } from "koa";
import type { JoiningCompanies } from "../../auth/joining.ts";
import { joined } from "../contract/answers.ts";
import { OF_A_SESSION, OF_SIGNING_IN, operation } from "../contract/operation.ts";
import * as field from "../fields.ts";
import { callerOf, sessionRefusal } from "../own_session.ts";
import { refusalOf } from "../problem.ts";
import { readJson } from "../read_json.ts";
import type { RequestState } from "../request_facts.ts";

export const joinTenantOperation = operation({
  method: "post",
  path: "/auth/tenants/join",
  area: "Signing in",
  summary: "Join the company of one's mail address",
  description:
    "Where the company has proved that the domain of the address is its own, and lets its people in. One code for every reason against it.",
  credential: "bearer",
  body: { tenant: field.slug },
  answers: { 200: { says: "A member now: switch to it.", body: joined } },
  refusals: [...OF_SIGNING_IN, ...OF_A_SESSION, "already_member", "cannot_join", "seats_taken"],
});

/**
 * `POST /auth/tenants/join {tenant}` with an access token → `{tenant}`.
 *
 * Refuses with 403 cannot_join, whether there is no such company, it does not let the address in, or it removed or suspended
 * its owner; 409 already_member and seats_taken; and with whatever is wrong with the session.
 */
export function joinTenant(joining: JoiningCompanies): Middleware<RequestState> {
  return async (ctx) => {
    const { tenant: slug } = field.readFields(await readJson(ctx), joinTenantOperation.body!);
    const { outcome, tenant } = await joining.join(callerOf(ctx.state), slug);
    ctx.state.outcome = outcome;
    if (outcome === "already_member" || outcome === "cannot_join") throw refusalOf(outcome);
    if (outcome !== "ok") throw sessionRefusal(outcome);
    ctx.body = { tenant };
  };
}
