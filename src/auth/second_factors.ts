import type pg from "pg";
import type { Caller } from "../database/caller.ts";
import type { SignedIn } from "./identity.ts";

// The functions of db/schema/auth about second factors and stepping up, one call each, by the pattern of identity.ts.

type Facts = Caller["facts"];

/** Who sets up a second factor: a session by sha256 of its handle, or a sign-in by sha256 of its mfaToken. */
export interface Enrolling {
  readonly handle: Buffer | null;
  readonly token: Buffer | null;
}

/** What a code is to be checked with. */
export interface CodeAsked {
  readonly outcome: string;
  /** Seconds to wait, if the outcome is `throttled`. */
  readonly retryAfter: number | null;
  /** Its id, to which the seed's encryption is bound. */
  readonly factor: string | null;
  /** As `encrypt` made it. */
  readonly seed: string | null;
}

/** What was shown: the step of a code that was right, and the digest of it as a recovery code. */
export interface CodeShown {
  readonly step: number | null;
  readonly recovery: Buffer | null;
}

/** The session that is to be made. */
export interface SessionToMake {
  readonly id: string;
  /** sha256 of its handle. */
  readonly handle: Buffer;
}

export interface SecondFactors {
  enrol(
    who: Enrolling,
    factor: string,
    seed: string,
    facts: Facts,
  ): Promise<{ outcome: string; email: string }>;
  beginConfirmation(who: Enrolling, facts: Facts): Promise<CodeAsked>;
  confirm(
    who: Enrolling,
    proof: { factor: string; step: number | null; recovery: readonly Buffer[] },
    session: SessionToMake,
    facts: Facts,
  ): Promise<{ outcome: string; result: SignedIn | null }>;
  beginVerification(token: Buffer, facts: Facts): Promise<CodeAsked>;
  verify(
    token: Buffer,
    shown: CodeShown,
    session: SessionToMake,
    facts: Facts,
  ): Promise<{ outcome: string; result: SignedIn | null }>;
  remove(handle: Buffer, facts: Facts): Promise<string>;
  beginStepUp(
    handle: Buffer,
    byCode: boolean,
    facts: Facts,
  ): Promise<CodeAsked & { readonly passwordHash: string | null }>;
  stepUp(
    handle: Buffer,
    shown: CodeShown & { readonly verified: boolean },
    facts: Facts,
  ): Promise<{ outcome: string; authenticatedAt: Date | null }>;
}

/** @param auth connected as rowhouse_auth */
export function openSecondFactors(auth: Pick<pg.Pool, "query">): SecondFactors {
  async function one<Row>(name: string, text: string, values: unknown[]): Promise<Row> {
    const { rows } = await auth.query({ name, text, values });
    if (!rows[0]) throw new Error(`no answer to ${text}`);
    return rows[0] as Row;
  }
  const asked = `outcome, retry_after as "retryAfter", factor, seed`;
  return {
    enrol: ({ handle, token }, factor, seed, facts) =>
      one("enrol_totp", "select outcome, email from auth.enrol_totp($1, $2, $3, $4, $5)", [
        handle,
        token,
        factor,
        seed,
        facts,
      ]),
    beginConfirmation: ({ handle, token }, facts) =>
      one("begin_confirmation", `select ${asked} from auth.begin_confirmation($1, $2, $3)`, [
        handle,
        token,
        facts,
      ]),
    confirm: ({ handle, token }, { factor, step, recovery }, session, facts) =>
      one("confirm_totp", "select outcome, result from auth.confirm_totp($1, $2, $3, $4, $5, $6, $7, $8)", [
        handle,
        token,
        factor,
        step,
        recovery,
        session.id,
        session.handle,
        facts,
      ]),
    beginVerification: (token, facts) =>
      one("begin_mfa", `select ${asked} from auth.begin_mfa($1, $2)`, [token, facts]),
    verify: (token, { step, recovery }, session, facts) =>
      one("finish_mfa", "select outcome, result from auth.finish_mfa($1, $2, $3, $4, $5, $6)", [
        token,
        step,
        recovery,
        session.id,
        session.handle,
        facts,
      ]),
    async remove(handle, facts) {
      const { outcome } = await one<{ outcome: string }>(
        "remove_totp",
        "select auth.remove_totp($1, $2) as outcome",
        [handle, facts],
      );
      return outcome;
    },
    beginStepUp: (handle, byCode, facts) =>
      one(
        "begin_step_up",
        `select ${asked}, password_hash as "passwordHash" from auth.begin_step_up($1, $2, $3)`,
        [handle, byCode, facts],
      ),
    stepUp: (handle, { verified, step, recovery }, facts) =>
      one(
        "finish_step_up",
        `select outcome, authenticated_at as "authenticatedAt" from auth.finish_step_up($1, $2, $3, $4, $5)`,
        [handle, verified, step, recovery, facts],
      ),
  };
}
