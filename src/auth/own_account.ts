import type pg from "pg";
import type { Caller } from "../database/caller.ts";
import type { Shown, Taken } from "./mail_proofs.ts";
import type { SealedMail } from "./mail_secrets.ts";
import { askingOne } from "./one_row.ts";

// The functions of db/schema/auth that a person calls about their own account, with a session. Whether it will do, they
// decide: the outcome is then what context.fault_of() says of it, or no_session or unknown.

/** The old password is to be checked. */
export interface PasswordChangeBegun {
  readonly outcome: string;
  /** Seconds to wait, where it was throttled. */
  readonly retryAfter: number | null;
  /** Null where there is no password yet. */
  readonly passwordHash: string | null;
  /** What the new password must not be made of. */
  readonly about: readonly string[] | null;
}

export interface PasswordChange {
  /** Whether the old password was right. */
  readonly verified: boolean;
  /** What it was checked against. */
  readonly knownHash: string | null;
  readonly passwordHash: string;
  /** The id of the mail that tells of it. */
  readonly notice: string;
}

/** By what somebody who confirms shows that they are who asked; and the mail that tells the old address. */
export interface Confirming {
  /** The digest of the browser's cookie, if it has one. */
  readonly browser: Buffer | null;
  /** sha256 of a session's handle. */
  readonly handle: Buffer | null;
  readonly notice: string;
}

export interface OwnAccount {
  beginPasswordChange(caller: Caller): Promise<PasswordChangeBegun>;
  /** The outcome: ok, invalid_credentials, or why the session will not do. */
  finishPasswordChange(caller: Caller, change: PasswordChange): Promise<string>;
  /** The outcome: ok, or why the session will not do. @param browser the digest of the browser's cookie */
  requestEmailChange(caller: Caller, email: string, mail: SealedMail, browser: Buffer): Promise<string>;
  confirmEmailChange(
    shown: Shown,
    confirming: Confirming,
    facts: Caller["facts"],
  ): Promise<Taken<"ok" | "other_browser">>;
}

/** @param auth connected as rowhouse_auth */
export function openOwnAccount(auth: Pick<pg.Pool, "query">): OwnAccount {
  const one = askingOne(auth);
  return {
    beginPasswordChange({ credential, facts }) {
      return one(
        "begin_password_change",
        `select outcome, retry_after as "retryAfter", password_hash as "passwordHash", about
         from auth.begin_password_change($1, $2)`,
        [credential, facts],
      );
    },
    async finishPasswordChange({ credential, facts }, { verified, knownHash, passwordHash, notice }) {
      const { outcome } = await one<{ outcome: string }>(
        "finish_password_change",
        "select auth.finish_password_change($1, $2, $3, $4, $5, $6) as outcome",
        [credential, verified, knownHash, passwordHash, notice, facts],
      );
      return outcome;
    },
    async requestEmailChange({ credential, facts }, email, { link, code, mail, secret }, browser) {
      const { outcome } = await one<{ outcome: string }>(
        "request_email_change",
        "select auth.request_email_change($1, $2, $3, $4, $5, $6, $7, $8) as outcome",
        [credential, email, link, code, browser, mail, secret, facts],
      );
      return outcome;
    },
    confirmEmailChange({ link, email, codes }, { browser, handle, notice }, facts) {
      return one(
        "confirm_email_change",
        `select outcome, retry_after as "retryAfter" from auth.confirm_email_change($1, $2, $3, $4, $5, $6, $7)`,
        [link, email, codes, browser, handle, notice, facts],
      );
    },
  };
}
