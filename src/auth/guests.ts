import type pg from "pg";
import type { Caller } from "../database/caller.ts";
import type { SignedIn } from "./identity.ts";
import type { SealedMail } from "./mail_secrets.ts";
import { askingOne } from "./one_row.ts";

// The functions of db/schema/auth about visitors without an account: one lets them in, by a tenant's publishable key, the
// other mails them what makes them an account.

/** A guest who is to be, and their session. */
export interface GuestWanted {
  /** What they go by. */
  readonly name: string;
  /** Their language. */
  readonly locale: string;
  /** How many guests a tenant has at a time. */
  readonly most: number;
  readonly session: string;
  /** sha256 of the session's handle. */
  readonly handle: Buffer;
}

/** What a guest wants their account to be. */
export interface UpgradeWanted {
  readonly email: string;
  readonly name: string;
  /** The digest of the cookie of the browser that asks. */
  readonly browser: Buffer;
  /** The mail's language. */
  readonly locale: string;
}

export interface Guests {
  /**
   * The outcome, and with ok who came in.
   *
   * @throws {pg.DatabaseError} RH401 for a key that does not open the door
   */
  open(key: Caller, guest: GuestWanted): Promise<{ outcome: string; result: SignedIn }>;
  /** The outcome: ok, not_a_guest, or why the session will not do. */
  upgrade(caller: Caller, wanted: UpgradeWanted, mail: SealedMail): Promise<string>;
}

/** @param auth connected as rowhouse_auth */
export function openGuests(auth: Pick<pg.Pool, "query">): Guests {
  const one = askingOne(auth);
  return {
    open({ credential, facts }, { name, locale, most, session, handle }) {
      return one("open_guest", "select outcome, result from auth.open_guest($1, $2, $3, $4, $5, $6, $7)", [
        credential,
        name,
        locale,
        most,
        session,
        handle,
        facts,
      ]);
    },
    async upgrade({ credential, facts }, { email, name, browser, locale }, { link, code, mail, secret }) {
      const { outcome } = await one<{ outcome: string }>(
        "upgrade_guest",
        "select auth.upgrade_guest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) as outcome",
        [credential, email, name, link, code, browser, mail, secret, locale, facts],
      );
      return outcome;
    },
  };
}
