import type pg from "pg";
import type { Config } from "../config.ts";
import type { Caller } from "../database/caller.ts";
import type { SignedIn } from "./identity.ts";
import type { MailPurpose, SealedMail } from "./mail_secrets.ts";
import { askingOne } from "./one_row.ts";

// The functions of db/schema/auth that mail links and codes, and take them. Which mail there is to send, and whether
// there is one, they decide themselves and queue it: nobody out here knows whether an address has an account.

type Facts = Caller["facts"];

export interface Registration {
  readonly email: string;
  readonly name: string;
  readonly tenant: { readonly slug: string; readonly name: string } | undefined;
}

/** A link's digest; or an address with the digests of a code. */
export type Shown =
  | { readonly link: Buffer; readonly email: null; readonly codes: null }
  | { readonly link: null; readonly email: string; readonly codes: readonly Buffer[] };

/** Who shows a link or code, beyond having it. */
export interface ShownBy {
  /** The digest of the browser's cookie, if it has one. */
  readonly browser: Buffer | null;
  /** sha256 of a session's handle, if there is one. */
  readonly handle: Buffer | null;
}

/** How a link or code was taken. */
export interface Taken<Outcome extends string> {
  readonly outcome: Outcome | "invalid_token" | "throttled";
  /** Seconds to wait, where it was throttled. */
  readonly retryAfter: number;
}

/** The session that a link or code is to become. */
export interface LinkSession {
  /** The digest of the cookie of the browser that shows it, if it has one. */
  readonly browser: Buffer | null;
  readonly session: string;
  /** sha256 of the session's handle. */
  readonly handle: Buffer;
  readonly tenantSlug: string | null;
}

export interface MailProofs {
  /** @param locale of the mail, where its reader has no account to say so */
  register(registration: Registration, mail: SealedMail, locale: string, facts: Facts): Promise<void>;
  /** Whether a link or code is good, and what its password must not be made of. Uses nothing up. */
  weigh(
    purpose: MailPurpose,
    shown: Shown,
    facts: Facts,
  ): Promise<Taken<"ok"> & { readonly about: readonly string[] | null }>;
  /**
   * @param locale of the new user
   * @param admits who gets an account
   * @param by by what a guest who becomes an account shows that they asked for it
   */
  verifyEmail(
    shown: Shown,
    passwordHash: string,
    locale: string,
    admits: Config["registration"],
    by: ShownBy,
    facts: Facts,
  ): Promise<Taken<"verified" | "other_browser" | "registration_closed" | "registration_invited">>;
  /**
   * Mails a link and a code, or that there is no account.
   *
   * @param browser the digest of the cookie of the browser that asks, where the link is good in no other
   * @param locale of the mail to an address without an account
   */
  request(
    purpose: "reset_password" | "sign_in",
    email: string,
    mail: SealedMail,
    browser: Buffer | null,
    locale: string,
    facts: Facts,
  ): Promise<void>;
  /** @param notice the id of the mail that tells of it */
  resetPassword(shown: Shown, passwordHash: string, notice: string, facts: Facts): Promise<Taken<"ok">>;
  /** The outcome: other_browser, or what `auth.open_session` says; with ok its result. */
  signIn(
    shown: Shown,
    session: LinkSession,
    facts: Facts,
  ): Promise<Taken<string> & { readonly result: SignedIn }>;
}

/** @param auth connected as rowhouse_auth */
export function openMailProofs(auth: Pick<pg.Pool, "query">): MailProofs {
  const one = askingOne(auth);
  return {
    async register({ email, name, tenant }, { link, code, mail, secret }, locale, facts) {
      await one("register", "select auth.register($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", [
        email,
        name,
        tenant?.slug ?? null,
        tenant?.name ?? null,
        link,
        code,
        mail,
        secret,
        locale,
        facts,
      ]);
    },
    weigh(purpose, { link, email, codes }, facts) {
      return one(
        "weigh_mail_token",
        `select outcome, retry_after as "retryAfter", about from auth.weigh_mail_token($1, $2, $3, $4, $5)`,
        [purpose, link, email, codes, facts],
      );
    },
    verifyEmail({ link, email, codes }, passwordHash, locale, admits, { browser, handle }, facts) {
      return one(
        "verify_email",
        `select outcome, retry_after as "retryAfter" from auth.verify_email($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
        [link, email, codes, passwordHash, locale, facts, admits, browser, handle],
      );
    },
    async request(purpose, email, { link, code, mail, secret }, browser, locale, facts) {
      await one("request_mail", "select auth.request_mail($1, $2, $3, $4, $5, $6, $7, $8, $9)", [
        purpose,
        email,
        link,
        code,
        browser,
        mail,
        secret,
        locale,
        facts,
      ]);
    },
    resetPassword({ link, email, codes }, passwordHash, notice, facts) {
      return one(
        "reset_password",
        `select outcome, retry_after as "retryAfter" from auth.reset_password($1, $2, $3, $4, $5, $6)`,
        [link, email, codes, passwordHash, notice, facts],
      );
    },
    signIn({ link, email, codes }, { browser, session, handle, tenantSlug }, facts) {
      return one(
        "consume_sign_in_link",
        `select outcome, retry_after as "retryAfter", result
         from auth.consume_sign_in_link($1, $2, $3, $4, $5, $6, $7, $8)`,
        [link, email, codes, browser, session, handle, tenantSlug, facts],
      );
    },
  };
}
