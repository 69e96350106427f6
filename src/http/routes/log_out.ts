import type { Middleware } from "koa";
import type { Identity } from "../../auth/identity.ts";
import * as field from "../fields.ts";
import { unauthorized } from "../problem.ts";
import { readJson } from "../read_json.ts";
import { clearRefreshCookie } from "../refresh_cookie.ts";
import type { RequestState } from "../request_facts.ts";

/**
 * `POST /auth/logout {scope?}` with an access token → 204. `scope`: `current` (this session), `others` or
 * `all` of the user's. Their tokens are dead with the next request.
 *
 * Refuses with 401 credential_missing, and 401 session_ended if there was nothing left to end.
 */
export function logOut(identity: Identity): Middleware<RequestState> {
  return async (ctx) => {
    const { caller } = ctx.state;
    if (!caller) throw unauthorized("credential_missing", "Signing out needs the session's access token.");
    const { scope = "current" } = field.readFields(await readJson(ctx), {
      scope: field.optional(field.oneOf(["current", "others", "all"])),
    });
    const ended = await identity.endSessions(caller.credential, scope, caller.facts);
    if (ended === 0 && scope !== "others") {
      throw unauthorized("session_ended", "This session has ended already.");
    }
    if (scope !== "others") clearRefreshCookie(ctx);
    ctx.status = 204;
  };
}
