import type { Middleware } from "koa";
import type { OwnTenants } from "../../auth/own_tenants.ts";
import { tenantCreated } from "../contract/answers.ts";
import { OF_A_SESSION, OF_SIGNING_IN, operation } from "../contract/operation.ts";
import * as field from "../fields.ts";
import { callerOf, sessionRefusal } from "../own_session.ts";
import { Problem, tooMany } from "../problem.ts";
import { readJson } from "../read_json.ts";
import type { RequestState } from "../request_facts.ts";

export const createTenantOperation = operation({
  method: "post",
  path: "/auth/tenants",
  area: "Signing in",
  summary: "Make a company of one's own",
  description:
    "Whoever asks owns it, and enters it with `POST /auth/switch`. Where another company has the slug, it gets one like it: the answer says which.",
  credential: "bearer",
  body: { slug: field.slug, name: field.name },
  answers: { 201: { says: "It is there.", body: tenantCreated } },
  refusals: [...OF_SIGNING_IN, ...OF_A_SESSION, "too_many_attempts", "too_many_tenants"],
});

/**
 * `POST /auth/tenants {slug, name}` with an access token → 201 `{tenant}`, which the caller owns.
 *
 * Refuses with whatever is wrong with the session; 409 too_many_tenants for who owns twenty; 429 too_many_attempts for who
 * made five today.
 */
export function createTenant(tenants: OwnTenants): Middleware<RequestState> {
  return async (ctx) => {
    const { slug, name } = field.readFields(await readJson(ctx), createTenantOperation.body!);
    const { outcome, tenant, retryAfter } = await tenants.create(callerOf(ctx.state), slug, name);
    ctx.state.outcome = outcome;
    if (outcome === "too_many_tenants") {
      throw new Problem(409, outcome, "You own as many companies as one person may.");
    }
    if (outcome === "throttled") {
      throw tooMany("too_many_attempts", "You made several companies today; wait a while.", retryAfter ?? 1);
    }
    if (outcome !== "ok") throw sessionRefusal(outcome);
    ctx.status = 201;
    ctx.body = { tenant };
  };
}
