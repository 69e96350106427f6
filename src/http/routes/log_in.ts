import type { Middleware } from "koa";
import type { TokenAuthority } from "../../auth/access_token.ts";
import type { MasterKeys } from "../../auth/encryption.ts";
import type { Identity } from "../../auth/identity.ts";
import { hashPassword, needsRehash, verifyPassword } from "../../auth/passwords.ts";
import { newSession } from "../../auth/session_secrets.ts";
import type { Metrics } from "../../metrics.ts";
import { signedIn } from "../contract/answers.ts";
import { OF_SIGNING_IN, operation } from "../contract/operation.ts";
import * as field from "../fields.ts";
import { type Problem, tooMany, unauthorized } from "../problem.ts";
import { readJson } from "../read_json.ts";
import type { RequestState } from "../request_facts.ts";
import { answerSignedIn, signInRefusal } from "../token_response.ts";

export const logInOperation = operation({
  method: "post",
  path: "/auth/login",
  area: "Signing in",
  summary: "Sign in with a password",
  description:
    "`tenant` is a slug; without it, the company that was used last. With `cookie: true` the refresh token is in a cookie and not in the body. With a `DPoP` proof (RFC 9449) the session is bound to its key, here and at every call that opens one.",
  body: {
    email: field.email,
    password: field.text(1, 1_000),
    tenant: field.optional(field.slug),
    cookie: field.optional(field.boolean),
  },
  answers: { 200: { says: "The session's first tokens.", body: signedIn } },
  refusals: [
    ...OF_SIGNING_IN,
    "account_deletion_pending",
    "invalid_credentials",
    "mfa_enrolment_required",
    "mfa_required",
    "not_a_member",
    "tenant_suspended",
    "too_many_attempts",
    "user_banned",
    "way_not_allowed",
  ],
});

/**
 * `POST /auth/login {email, password, tenant?, cookie?}` → a token response with `user`, `tenant` and
 * `tenants`. `tenant` is a slug; without it, the tenant used last. With `cookie: true` the refresh token is
 * in a cookie and not in the body.
 *
 * Refuses with 401 invalid_credentials, the same and after the same work for an unknown address and a wrong
 * password; 429 too_many_attempts, the same from every network for who does not know the password; and, to who
 * does, 401 user_banned and tenant_suspended, 403 not_a_member; and 401 mfa_required or mfa_enrolment_required, with an
 * `mfaToken` for what comes next.
 */
export function logIn(
  identity: Identity,
  authority: TokenAuthority,
  keys: MasterKeys,
  metrics: Metrics,
): Middleware<RequestState> {
  return async (ctx) => {
    const { facts } = ctx.state;
    const { email, password, tenant, cookie } = field.readFields(await readJson(ctx), logInOperation.body!);

    const { passwordHash, retryAfter, checked } = await identity.beginLogin(email, facts);
    const heldBack = retryAfter > 0;
    const verified = checked && (await verifyPassword(passwordHash, password));
    if (heldBack && !verified) {
      ctx.state.outcome = "throttled";
      metrics.signIns.inc({ kind: "login", outcome: "throttled" });
      throw tooMany(
        "too_many_attempts",
        "Too many attempts to sign in; wait before the next one.",
        retryAfter,
      );
    }
    const outdated = verified && passwordHash !== null && needsRehash(passwordHash);
    const newHash = outdated ? await hashPassword(password) : null;
    const { id: session, handle } = newSession(keys.current);
    const { outcome, result } = await identity.finishLogin(
      {
        email,
        verified,
        heldBack,
        knownHash: passwordHash,
        newHash,
        session,
        handle,
        tenantSlug: tenant ?? null,
      },
      facts,
    );
    ctx.state.outcome = outcome;
    metrics.signIns.inc({ kind: "login", outcome });
    if (outcome !== "ok") throw refusal(outcome, { masterKeys: keys, session });

    await answerSignedIn(ctx, { authority, masterKeys: keys }, session, result, cookie ?? false);
  };
}

function refusal(outcome: string, asked: { masterKeys: MasterKeys; session: string }): Problem {
  return outcome === "invalid_credentials"
    ? unauthorized(outcome, "The e-mail address or the password is wrong.")
    : signInRefusal(outcome, asked);
}
