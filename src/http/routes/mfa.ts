import { randomUUID } from "node:crypto";
import type { Context, Middleware } from "koa";
import type { TokenAuthority } from "../../auth/access_token.ts";
import { checkCode, seedPurpose } from "../../auth/check_code.ts";
import { encrypt, type MasterKeys } from "../../auth/encryption.ts";
import type { CodeAsked, Enrolling, SecondFactors } from "../../auth/second_factors.ts";
import { digest, newSession } from "../../auth/session_secrets.ts";
import { createRecoveryCodes, createSeed, otpauthUrl, recoveryDigest, spelledOut } from "../../auth/totp.ts";
import type { Metrics } from "../../metrics.ts";
import { recoveryCodes, signedIn, totpSecret } from "../contract/answers.ts";
import { OF_A_SESSION, OF_SIGNING_IN, operation } from "../contract/operation.ts";
import * as field from "../fields.ts";
import { callerOf, sessionRefusal } from "../own_session.ts";
import { Problem, tooMany, unauthorized } from "../problem.ts";
import { readJson } from "../read_json.ts";
import type { RequestState } from "../request_facts.ts";
import { answerSignedIn, signInRefusal } from "../token_response.ts";

/** What the routes of a second factor work with. */
export interface MfaParts {
  readonly factors: SecondFactors;
  readonly authority: TokenAuthority;
  readonly masterKeys: MasterKeys;
  readonly metrics: Metrics;
  /** What an app shows above the code. */
  readonly issuer: string;
}

type Request = Context & { state: RequestState };

const mfaToken = field.text(1, 200);
/** Six digits or a recovery code, with or without spaces and hyphens. */
const code = field.text(1, 40);

export const enrolOperation = operation({
  method: "post",
  path: "/auth/mfa/totp/enroll",
  area: "Signing in",
  summary: "Set up a second factor",
  description:
    "With an access token of a fresh sign-in, or with the `mfaToken` of mfa_enrolment_required. It counts for nothing until it is confirmed; asked again, it makes another.",
  credential: "bearer",
  body: { mfaToken: field.optional(mfaToken) },
  answers: { 200: { says: "What an app that shows codes wants to know.", body: totpSecret } },
  refusals: [
    ...OF_SIGNING_IN,
    ...OF_A_SESSION,
    "mfa_token_invalid",
    "second_factor_exists",
    "step_up_required",
  ],
});

/**
 * `POST /auth/mfa/totp/enroll {mfaToken?}` with an access token, or with the `mfaToken` of mfa_enrolment_required →
 * `{secret, otpauthUrl}`. It counts for nothing until it is confirmed; asked again, it makes another.
 *
 * Refuses with 401 credential_missing, mfa_token_invalid, step_up_required and what a session is refused for; 403
 * session_required for an API key; 409 second_factor_exists.
 */
export function enrolTotp({ factors, masterKeys, issuer }: MfaParts): Middleware<RequestState> {
  return async (ctx) => {
    const given = field.readFields(await readJson(ctx), enrolOperation.body!);
    const seed = createSeed();
    const factor = randomUUID();
    const sealed = encrypt(masterKeys, seed, seedPurpose(factor));
    const { outcome, email } = await factors.enrol(
      enrolling(ctx, given.mfaToken),
      factor,
      sealed,
      factsOf(ctx),
    );
    ctx.state.outcome = outcome;
    if (outcome !== "ok") throw refusal(outcome);
    ctx.set("Cache-Control", "no-store");
    ctx.body = { secret: spelledOut(seed), otpauthUrl: otpauthUrl(seed, issuer, email) };
  };
}

export const confirmOperation = operation({
  method: "post",
  path: "/auth/mfa/totp/confirm",
  area: "Signing in",
  summary: "Confirm a second factor with its first code",
  description:
    "With an `mfaToken`, the answer is also the token response of the sign-in that wanted the second factor.",
  credential: "bearer",
  body: { code, mfaToken: field.optional(mfaToken), cookie: field.optional(field.boolean) },
  answers: { 200: { says: "Ten recovery codes, shown this once.", body: recoveryCodes } },
  refusals: [
    ...OF_SIGNING_IN,
    ...OF_A_SESSION,
    "account_deletion_pending",
    "invalid_code",
    "mfa_token_invalid",
    "second_factor_exists",
    "second_factor_missing",
    "step_up_required",
    "too_many_attempts",
  ],
});

/**
 * `POST /auth/mfa/totp/confirm {code, mfaToken?, cookie?}` → `{recoveryCodes}`, shown this once; with an `mfaToken` also
 * the token response of the sign-in that wanted the second factor.
 *
 * Refuses as `enrolTotp` does, and with 401 invalid_code, 409 second_factor_missing, 429 too_many_attempts.
 */
export function confirmTotp(parts: MfaParts): Middleware<RequestState> {
  const { factors, masterKeys, authority, metrics } = parts;
  return async (ctx) => {
    const given = field.readFields(await readJson(ctx), confirmOperation.body!);
    const who = enrolling(ctx, given.mfaToken);
    const asked = await factors.beginConfirmation(who, factsOf(ctx));
    refuseUnasked(ctx, asked);
    const { step } = checkCode(masterKeys, asked, given.code);
    const codes = createRecoveryCodes();
    const session = newSession(masterKeys.current);
    const { outcome, result } = await factors.confirm(
      who,
      { factor: asked.factor ?? randomUUID(), step, recovery: codes.map(recoveryDigest) },
      session,
      factsOf(ctx),
    );
    ctx.state.outcome = outcome;
    metrics.signIns.inc({ kind: "mfa", outcome });
    if (outcome !== "ok") throw refusal(outcome, { masterKeys, session: session.id });
    ctx.set("Cache-Control", "no-store");
    if (result) {
      await answerSignedIn(ctx, { authority, masterKeys }, session.id, result, given.cookie ?? false);
      ctx.body = { ...(ctx.body as object), recoveryCodes: codes };
    } else {
      ctx.body = { recoveryCodes: codes };
    }
  };
}

export const verifyMfaOperation = operation({
  method: "post",
  path: "/auth/mfa/verify",
  area: "Signing in",
  summary: "Finish a sign-in with the second factor",
  description:
    "`code` is of the app, or one of the recovery codes. The token is good for ten minutes and five tries.",
  body: { mfaToken, code, cookie: field.optional(field.boolean) },
  answers: { 200: { says: "The session's first tokens.", body: signedIn } },
  refusals: [
    ...OF_SIGNING_IN,
    "account_deletion_pending",
    "invalid_code",
    "mfa_token_invalid",
    "not_a_member",
    "tenant_suspended",
    "too_many_attempts",
    "user_banned",
  ],
});

/**
 * `POST /auth/mfa/verify {mfaToken, code, cookie?}` → a token response. `code` is of the app, or one of the recovery codes.
 * The token is good for ten minutes and five tries.
 *
 * Refuses with 401 mfa_token_invalid and invalid_code, 429 too_many_attempts, and what a sign-in is refused for.
 */
export function verifyMfa({ factors, masterKeys, authority, metrics }: MfaParts): Middleware<RequestState> {
  return async (ctx) => {
    const given = field.readFields(await readJson(ctx), verifyMfaOperation.body!);
    const token = digest(given.mfaToken);
    const asked = await factors.beginVerification(token, ctx.state.facts);
    refuseUnasked(ctx, asked);
    const session = newSession(masterKeys.current);
    const shown = checkCode(masterKeys, asked, given.code);
    const { outcome, result } = await factors.verify(token, shown, session, ctx.state.facts);
    ctx.state.outcome = outcome;
    metrics.signIns.inc({ kind: "mfa", outcome });
    if (outcome !== "ok" || !result) throw refusal(outcome, { masterKeys, session: session.id });
    await answerSignedIn(ctx, { authority, masterKeys }, session.id, result, given.cookie ?? false);
  };
}

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

/** Facts as the session's own token states them. */
const factsOf = (ctx: Request) => ctx.state.caller?.facts ?? ctx.state.facts;

/** Who asks: by a token of a sign-in if there is one, else by a session. */
function enrolling(ctx: Request, token: string | undefined): Enrolling {
  if (token !== undefined) return { handle: null, token: digest(token) };
  return { handle: callerOf(ctx.state).credential, token: null };
}

/** @throws {Problem} if no code may be tried */
export function refuseUnasked(ctx: Request, { outcome, retryAfter }: CodeAsked): void {
  if (outcome === "ok") return;
  ctx.state.outcome = outcome;
  if (outcome === "throttled") {
    throw tooMany("too_many_attempts", "Too many attempts; wait before the next one.", retryAfter ?? 1);
  }
  throw refusal(outcome);
}

/** Why a second factor is not set up, shown or removed. */
export function refusal(outcome: string, asked?: { masterKeys: MasterKeys; session: string }): Problem {
  switch (outcome) {
    case "invalid":
      return unauthorized("mfa_token_invalid", "This mfaToken is over or none of ours: sign in again.");
    case "invalid_code":
      return unauthorized("invalid_code", "This code is wrong, too old, or was used before.");
    case "exists":
      return new Problem(409, "second_factor_exists", "There is a second factor: remove it first.");
    case "not_enrolled":
      return new Problem(409, "second_factor_missing", "There is no second factor to confirm or remove.");
    case "not_a_member":
    case "deletion_pending":
    case "mfa_required":
    case "mfa_enrolment_required":
      return signInRefusal(outcome, asked);
    default:
      return sessionRefusal(outcome);
  }
}
