import type { Middleware } from "koa";
import type { Identity } from "../../auth/identity.ts";
import { digest } from "../../auth/session_secrets.ts";
import * as field from "../fields.ts";
import { Problem } from "../problem.ts";
import { readJson } from "../read_json.ts";
import type { RequestState } from "../request_facts.ts";

/**
 * `POST /auth/email/verify {token, tenant?: {slug}}` → 204: user, password and tenant come into being. The
 * token is good once. `tenant.slug` replaces the registered one, if that was taken meanwhile.
 *
 * Refuses with 400 invalid_verification_token and 409 slug_taken (the token stays good).
 */
export function verifyEmail(identity: Identity): Middleware<RequestState> {
  return async (ctx) => {
    const { token, tenant } = field.readFields(await readJson(ctx), {
      token: field.text(1, 200),
      tenant: field.optional(field.object({ slug: field.slug })),
    });
    switch (await identity.verifyEmail(digest(token), tenant?.slug ?? null, ctx.state.facts)) {
      case "verified":
        ctx.status = 204;
        return;
      case "slug_taken":
        throw new Problem(409, "slug_taken", "Another company has this slug by now; choose another.", {
          members: { field: "tenant.slug" },
        });
      case "invalid_token":
        throw new Problem(400, "invalid_verification_token", "This link was used, has expired or is wrong.");
    }
  };
}
