import type { Middleware } from "koa";
import type { MasterKeys } from "../../auth/encryption.ts";
import type { Identity } from "../../auth/identity.ts";
import { OF_SIGNING_IN, operation } from "../contract/operation.ts";
import * as field from "../fields.ts";
import { sessionRefusal } from "../own_session.ts";
import { readJson } from "../read_json.ts";
import { clearRefreshCookie } from "../refresh_cookie.ts";
import type { RequestState } from "../request_facts.ts";
import { showingOf } from "../session_shown.ts";
import { refreshRefusal } from "./refresh.ts";

export const logOutOperation = operation({
  method: "post",
  path: "/auth/logout",
  area: "Signing in",
  summary: "Sign out",
  description:
    "`current` (this session), `others` or `all` of the person's. Their tokens are dead with the next request.",
  credential: "bearer",
  body: { scope: field.optional(field.oneOf(["current", "others", "all"])) },
  answers: { 204: { says: "Signed out." } },
  refusals: [
    ...OF_SIGNING_IN,
    "credential_expired",
    "credential_missing",
    "credential_unknown",
    "fingerprint_mismatch",
    "invalid_grant",
    "origin_not_allowed",
    "session_ended",
    "session_required",
    "tenant_mismatch",
  ],
});

/**
 * `POST /auth/logout {scope?}` with an access token, or with the refresh cookie alone → 204. `scope`: `current` (this
 * session), `others` or `all` of the user's. Their tokens are dead with the next request. `current` works whatever is
 * wrong with the session but that it is over; the other two want a session that is good.
 *
 * Refuses with 401 credential_missing; session_ended and credential_unknown if there is nothing to end; for `others`
 * and `all` credential_expired, fingerprint_mismatch and tenant_mismatch; invalid_grant for a cookie that is not good
 * any more, which goes; 403 session_required for an API key, origin_not_allowed for a cookie from a foreign page.
 */
export function logOut(
  identity: Identity,
  keys: MasterKeys,
  origins: readonly string[],
): Middleware<RequestState> {
  return async (ctx) => {
    const { scope = "current" } = field.readFields(await readJson(ctx), logOutOperation.body!);
    const { shown, inCookie, facts } = showingOf(ctx, keys, origins);
    const outcome = shown ? await identity.endSessions(shown, scope, facts) : "forged";
    ctx.state.outcome = outcome;
    if (inCookie ? scope !== "others" || outcome !== "ok" : scope !== "others" && outcome === "ok") {
      clearRefreshCookie(ctx);
    }
    if (outcome !== "ok") throw inCookie ? refreshRefusal(outcome) : sessionRefusal(outcome);
    ctx.status = 204;
  };
}
