import type { AuthenticatorTransport } from "@simplewebauthn/server";
import type pg from "pg";
import type { Caller } from "../../database/caller.ts";
import type { SignedIn } from "../identity.ts";
import { askingOne } from "../one_row.ts";
import type { SessionToMake } from "../second_factors.ts";

// The functions of db/schema/auth about passkeys, one call each, by the pattern of identity.ts.

type Facts = Caller["facts"];

/** What a challenge is made for; it is good for nothing else. */
export type Purpose = "register" | "sign_in" | "second_factor" | "step_up";

/** For whom: a session by sha256 of its handle, a sign-in by sha256 of its mfaToken, or nobody in particular. */
export interface Asking {
  readonly handle: Buffer | null;
  readonly token: Buffer | null;
}

/** A passkey that a browser is told of. */
export interface KnownPasskey {
  /** The credential's id, in base64url. */
  readonly id: string;
  readonly transports: AuthenticatorTransport[];
}

/** Who is to answer. With the purpose sign_in, nobody says. */
export interface PasskeysMeant {
  readonly outcome: string;
  readonly person: string | null;
  readonly email: string | null;
  readonly name: string | null;
  readonly passkeys: readonly KnownPasskey[] | null;
}

/** What an answer is to be checked with. */
export interface PasskeyAsked {
  readonly outcome: string;
  /** Seconds to wait, if the outcome is `throttled`. */
  readonly retryAfter: number | null;
  readonly passkey: string | null;
  readonly person: string | null;
  /** COSE_Key (RFC 9052). */
  readonly publicKey: Buffer | null;
}

/** A passkey that an authenticator made, as it is kept. */
export interface NewPasskey {
  readonly credential: Buffer;
  readonly publicKey: Buffer;
  readonly counter: number;
  readonly transports: readonly string[];
  readonly aaguid: string;
  readonly backupEligible: boolean;
  readonly backedUp: boolean;
}

/** What an authenticator said when it showed a passkey, as the database takes it. */
export type AnswerShown =
  | { readonly verified: false }
  | {
      readonly verified: true;
      readonly counter: number;
      readonly backup_eligible: boolean;
      readonly backed_up: boolean;
    };

export interface PasskeyAdded {
  readonly outcome: string;
  readonly passkey: { readonly id: string; readonly name: string } | null;
  readonly codesKept: boolean | null;
  readonly result: SignedIn | null;
}

type Opened = Promise<{ readonly outcome: string; readonly result: SignedIn | null }>;

export interface Passkeys {
  /** @param challenge sha256 of its bytes */
  ask(purpose: Purpose, challenge: Buffer, who: Asking, facts: Facts): Promise<PasskeysMeant>;
  /** @param made null if the answer does not hold. @param recovery digests of codes. @param notice the id of the mail */
  add(
    who: Asking,
    challenge: Buffer,
    made: NewPasskey | null,
    more: { name: string; recovery: readonly Buffer[]; notice: string },
    session: SessionToMake,
    facts: Facts,
  ): Promise<PasskeyAdded>;
  begin(
    purpose: Exclude<Purpose, "register">,
    challenge: Buffer,
    credential: Buffer,
    who: Asking,
    facts: Facts,
  ): Promise<PasskeyAsked>;
  logIn(
    passkey: string,
    answer: AnswerShown,
    session: SessionToMake,
    tenantSlug: string | null,
    facts: Facts,
  ): Opened;
  verify(token: Buffer, passkey: string, answer: AnswerShown, session: SessionToMake, facts: Facts): Opened;
  stepUp(
    handle: Buffer,
    passkey: string,
    answer: AnswerShown,
    facts: Facts,
  ): Promise<{ readonly outcome: string; readonly authenticatedAt: Date | null }>;
}

/** @param auth connected as rowhouse_auth */
export function openPasskeys(auth: Pick<pg.Pool, "query">): Passkeys {
  const one = askingOne(auth);
  return {
    ask: (purpose, challenge, { handle, token }, facts) =>
      one(
        "ask_passkey",
        "select outcome, person, email, name, passkeys from auth.ask_passkey($1, $2, $3, $4, $5)",
        [challenge, purpose, handle, token, facts],
      ),
    add: ({ handle, token }, challenge, made, { name, recovery, notice }, session, facts) =>
      one(
        "add_passkey",
        `select outcome, passkey, codes_kept as "codesKept", result
         from auth.add_passkey($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
        [
          handle,
          token,
          challenge,
          made?.credential ?? null,
          made?.publicKey ?? null,
          made && {
            counter: made.counter,
            transports: made.transports,
            aaguid: made.aaguid,
            backup_eligible: made.backupEligible,
            backed_up: made.backedUp,
          },
          name,
          recovery,
          notice,
          session.id,
          session.handle,
          facts,
        ],
      ),
    begin: (purpose, challenge, credential, { handle, token }, facts) =>
      one(
        "begin_passkey",
        `select outcome, retry_after as "retryAfter", passkey, person, public_key as "publicKey"
         from auth.begin_passkey($1, $2, $3, $4, $5, $6)`,
        [purpose, challenge, credential, handle, token, facts],
      ),
    logIn: (passkey, answer, session, tenantSlug, facts) =>
      one(
        "finish_passkey_login",
        "select outcome, result from auth.finish_passkey_login($1, $2, $3, $4, $5, $6)",
        [passkey, answer, session.id, session.handle, tenantSlug, facts],
      ),
    verify: (token, passkey, answer, session, facts) =>
      one(
        "finish_passkey_mfa",
        "select outcome, result from auth.finish_passkey_mfa($1, $2, $3, $4, $5, $6)",
        [token, passkey, answer, session.id, session.handle, facts],
      ),
    stepUp: (handle, passkey, answer, facts) =>
      one(
        "finish_passkey_step_up",
        `select outcome, authenticated_at as "authenticatedAt" from auth.finish_passkey_step_up($1, $2, $3, $4)`,
        [handle, passkey, answer, facts],
      ),
  };
}
