import type { Middleware } from "koa";
import { OF_A_SESSION, OF_SIGNING_IN, operation } from "../../contract/operation.ts";
import * as field from "../../fields.ts";
import { readJson } from "../../read_json.ts";
import type { RequestState } from "../../request_facts.ts";
import { enrolling, factsOf } from "./enrolling.ts";
import type { MfaParts } from "./parts.ts";
import { refusal } from "./refusals.ts";

export const removeOperation = operation({
  method: "post",
  path: "/auth/mfa/totp/remove",
  area: "Signing in",
  summary: "Remove one's second factor",
  description: "The recovery codes go with it. It wants a fresh sign-in.",
  credential: "bearer",
  body: {},
  answers: { 204: { says: "Removed." } },
  refusals: [...OF_SIGNING_IN, ...OF_A_SESSION, "second_factor_missing", "step_up_required"],
});

/**
 * `POST /auth/mfa/totp/remove` with an access token → 204; the recovery codes go with it.
 *
 * Refuses with 401 credential_missing, step_up_required and what a session is refused for; 403 session_required; 409
 * second_factor_missing.
 */
export function removeTotp({ factors }: MfaParts): Middleware<RequestState> {
  return async (ctx) => {
    field.readFields(await readJson(ctx), removeOperation.body!);
    const { handle } = enrolling(ctx, undefined);
    const outcome = await factors.remove(handle!, factsOf(ctx));
    ctx.state.outcome = outcome;
    if (outcome !== "ok") throw refusal(outcome);
    ctx.status = 204;
  };
}
