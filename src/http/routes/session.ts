import type { Middleware } from "koa";
import type { Identity } from "../../auth/identity.ts";
import { sessionAnswer } from "../contract/answers.ts";
import { OF_A_CREDENTIAL, OF_ANY_SESSION, operation } from "../contract/operation.ts";
import { callerOf } from "../own_session.ts";
import type { RequestState } from "../request_facts.ts";

export const sessionOperation = operation({
  method: "get",
  path: "/auth/session",
  area: "Signing in",
  summary: "Who is signed in, where, and for how long",
  credential: "bearer",
  answers: { 200: { says: "What a front end shows before it asks for anything else.", body: sessionAnswer } },
  refusals: [
    ...OF_A_CREDENTIAL,
    ...OF_ANY_SESSION,
    "database_unavailable",
    "not_acceptable",
    "timeout",
    "too_many_requests",
  ],
});

/**
 * `GET /auth/session` with an access token → `user`, `tenant`, `tenants`, `permissions`, and of the session `amr`,
 * `auth_time` and `expires_at` (seconds since 1970): what a front end shows before it asks for anything else.
 *
 * Refuses with 401 credential_missing, 401 with the door's own reason, 403 session_required for an API key.
 */
export function describeSession(identity: Identity): Middleware<RequestState> {
  return async (ctx) => {
    const caller = callerOf(ctx.state);
    ctx.set("Cache-Control", "no-store");
    ctx.body = await identity.describeSession(caller);
  };
}
