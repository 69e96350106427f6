import { createHash } from "node:crypto";
import type { Middleware } from "koa";
import type { TokenAuthority } from "../../auth/access_token.ts";
import type { MasterKeys } from "../../auth/encryption.ts";
import { digest, newSession } from "../../auth/session_secrets.ts";
import { signedIn } from "../contract/answers.ts";
import { OF_A_SESSION, OF_SIGNING_IN, operation } from "../contract/operation.ts";
import * as field from "../fields.ts";
import { callerOf, sessionRefusal } from "../own_session.ts";
import { refusalOf } from "../problem.ts";
import { readJson } from "../read_json.ts";
import type { RequestState } from "../request_facts.ts";
import { answerSignedIn, signInRefusal } from "../token_response.ts";
import type { SigningInElsewhere } from "./oauth.ts";

// What a page does with the code that it brought back from a provider.

const code = field.text(1, 200);
const verifier = field.text(43, 128, /^[A-Za-z0-9._~-]+$/, "must be a verifier (RFC 7636)");
const challengeFor = (verifier: string): string => createHash("sha256").update(verifier).digest("base64url");

export const exchangeOperation = operation({
  method: "post",
  path: "/auth/oauth/exchange",
  area: "Signing in",
  summary: "Turn a code into tokens",
  description:
    "The code is gone with the first try, whatever comes of it. `tenant` and `cookie` are as at `/auth/login`.",
  body: {
    code,
    code_verifier: verifier,
    tenant: field.optional(field.slug),
    cookie: field.optional(field.boolean),
  },
  answers: { 200: { says: "The session's first tokens.", body: signedIn } },
  refusals: [
    ...OF_SIGNING_IN,
    "account_deletion_pending",
    "email_unproven",
    "invalid_exchange_code",
    "mfa_enrolment_required",
    "mfa_required",
    "not_a_member",
    "registration_closed",
    "registration_invited",
    "tenant_suspended",
    "user_banned",
    "way_not_allowed",
  ],
});

/** Outcomes that are codes of ours, and not about the session. */
const OF_THE_CODE = [
  "email_unproven",
  "invalid_exchange_code",
  "registration_closed",
  "registration_invited",
] as const;

/**
 * `POST /auth/oauth/exchange {code, code_verifier, tenant?, cookie?}` → a token response, as at `/auth/login`.
 *
 * Refuses with 401 invalid_exchange_code, user_banned and tenant_suspended, 403 email_unproven,
 * registration_closed, registration_invited and not_a_member.
 */
export function exchangeCode(
  { identity, metrics, admits }: SigningInElsewhere,
  authority: TokenAuthority,
  masterKeys: MasterKeys,
): Middleware<RequestState> {
  return async (ctx) => {
    const given = field.readFields(await readJson(ctx), exchangeOperation.body!);
    const { id: session, handle } = newSession(masterKeys.current);
    const { outcome, result } = await identity.exchangeCode(
      {
        code: digest(given.code),
        challenge: challengeFor(given.code_verifier),
        session,
        handle,
        tenantSlug: given.tenant ?? null,
        admits,
      },
      ctx.state.facts,
    );
    ctx.state.outcome = outcome;
    metrics.signIns.inc({ kind: "exchange", outcome });
    const code = OF_THE_CODE.find((one) => one === outcome);
    if (code) throw refusalOf(code);
    if (outcome !== "ok") throw signInRefusal(outcome, { masterKeys, session });
    await answerSignedIn(ctx, { authority, masterKeys }, session, result, given.cookie ?? false);
  };
}

export const linkOperation = operation({
  method: "post",
  path: "/auth/oauth/link",
  area: "Signing in",
  summary: "Let a provider's identity sign in whoever is signed in",
  description:
    "The code is gone with the first try. `unlinkIdentity` of the API takes an identity away again.",
  credential: "bearer",
  body: { code, code_verifier: verifier },
  answers: { 204: { says: "Linked." } },
  refusals: [
    ...OF_SIGNING_IN,
    ...OF_A_SESSION,
    "identity_taken",
    "invalid_exchange_code",
    "step_up_required",
  ],
});

/**
 * `POST /auth/oauth/link {code, code_verifier}` with an access token → 204.
 *
 * Refuses with 401 credential_missing, invalid_exchange_code and whatever else is wrong with the session; 403 session_required for
 * an API key; 409 identity_taken where it signs in somebody else.
 */
export function linkIdentity({ identity }: SigningInElsewhere): Middleware<RequestState> {
  return async (ctx) => {
    const given = field.readFields(await readJson(ctx), linkOperation.body!);
    const caller = callerOf(ctx.state);
    const outcome = await identity.linkIdentity(
      caller.credential,
      digest(given.code),
      challengeFor(given.code_verifier),
      caller.facts,
    );
    ctx.state.outcome = outcome;
    if (outcome === "invalid_exchange_code" || outcome === "identity_taken") throw refusalOf(outcome);
    if (outcome !== "ok") throw sessionRefusal(outcome);
    ctx.status = 204;
  };
}
