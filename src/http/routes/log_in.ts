import { randomUUID } from "node:crypto";
import type { Middleware } from "koa";
import type { TokenAuthority } from "../../auth/access_token.ts";
import type { MasterKeys } from "../../auth/encryption.ts";
import type { Identity } from "../../auth/identity.ts";
import { issueTokens } from "../../auth/issue_tokens.ts";
import { verifyPassword } from "../../auth/passwords.ts";
import { digest, sessionHandle } from "../../auth/session_secrets.ts";
import * as field from "../fields.ts";
import type { Metrics } from "../metrics.ts";
import { Problem, tooMany, unauthorized } from "../problem.ts";
import { readJson } from "../read_json.ts";
import { setRefreshCookie } from "../refresh_cookie.ts";
import type { RequestState } from "../request_facts.ts";

/** Seconds a session lives without being refreshed (auth.sessions.idle_expires_at). */
const IDLE = 7 * 24 * 60 * 60;

/**
 * `POST /auth/login {email, password, tenant?, cookie?}` → a token response with `user`, `tenant` and
 * `tenants`. `tenant` is a slug; without it, the tenant used last. With `cookie: true` the refresh token is
 * in a cookie and not in the body.
 *
 * Refuses with 401 invalid_credentials, the same and after the same work for an unknown address and a wrong
 * password; 429 too_many_attempts; and, to who knows the password, 403 user_banned, not_a_member,
 * tenant_suspended.
 */
export function logIn(
  identity: Identity,
  authority: TokenAuthority,
  keys: MasterKeys,
  metrics: Metrics,
): Middleware<RequestState> {
  return async (ctx) => {
    const { facts } = ctx.state;
    const { email, password, tenant, cookie } = field.readFields(await readJson(ctx), {
      email: field.email,
      password: field.text(1, 1_000),
      tenant: field.optional(field.slug),
      cookie: field.optional(field.boolean),
    });

    const { passwordHash, retryAfter } = await identity.beginLogin(email, facts);
    if (retryAfter > 0) {
      metrics.signIns.inc({ kind: "login", outcome: "throttled" });
      throw tooMany(
        "too_many_attempts",
        "Too many attempts to sign in; wait before the next one.",
        retryAfter,
      );
    }
    const verified = await verifyPassword(passwordHash, password);
    const session = randomUUID();
    const handle = digest(sessionHandle(keys.current, session));
    const { outcome, result } = await identity.finishLogin(
      { email, verified, session, handle, tenantSlug: tenant ?? null },
      facts,
    );
    ctx.state.outcome = outcome;
    metrics.signIns.inc({ kind: "login", outcome });
    if (outcome !== "ok") throw refusal(outcome);

    const { refresh_token, ...tokens } = await issueTokens(authority, {
      masterKey: keys.current,
      id: session,
      counter: 0,
      userId: result.user.id,
      tenantId: result.tenant?.id ?? null,
    });
    if (cookie) setRefreshCookie(ctx, refresh_token, IDLE);
    ctx.set("Cache-Control", "no-store");
    ctx.body = { ...tokens, ...(!cookie && { refresh_token }), ...result };
  };
}

function refusal(outcome: string): Problem {
  switch (outcome) {
    case "invalid_credentials":
      return unauthorized(outcome, "The e-mail address or the password is wrong.");
    case "user_banned":
      return new Problem(403, outcome, "This account is blocked.");
    case "not_a_member":
      return new Problem(403, outcome, "You are not a member of this company.");
    case "tenant_suspended":
      return new Problem(403, outcome, "This company's account is suspended.");
    default:
      throw new Error(`auth.finish_login answered ${outcome}`);
  }
}
