import type pg from "pg";
import type { Config } from "../config.ts";
import type { Caller } from "../database/caller.ts";
import type { ProvenIdentity } from "./oauth/provider.ts";
import { askingOne } from "./one_row.ts";

// The identity functions of db/schema/auth, one call each, as the role that may do nothing else. What they
// decide comes back as an outcome; they do not raise for a refusal, so that it is committed and audited.

type Facts = Caller["facts"];

export interface TenantSummary {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
}

/** Who signed in, where, and where else they could. */
export interface SignedIn {
  readonly user: {
    readonly id: string;
    /** Null for a guest. */
    readonly email: string | null;
    readonly name: string;
    readonly locale: string;
    /** Whether it is a visitor without an account. */
    readonly guest: boolean;
  };
  readonly tenant: TenantSummary | null;
  readonly tenants: readonly TenantSummary[];
  /** Seconds until the session ends if nobody refreshes it. */
  readonly expires_in: number;
}

/** The session that somebody is in, as `GET /auth/session` tells it. */
export interface SessionDescription extends Pick<SignedIn, "user" | "tenant" | "tenants"> {
  readonly permissions: readonly string[];
  /** By what they signed in, in the words of RFC 8176. */
  readonly amr: readonly string[];
  /** When they did, and when the session ends if nobody refreshes it: seconds since 1970. */
  readonly auth_time: number;
  readonly expires_at: number;
}

/** A sibling session that is to be opened in another tenant. */
export interface Switch {
  readonly session: string;
  /** sha256 of its handle. */
  readonly handle: Buffer;
  readonly tenantSlug: string;
}

/** What the password is to be checked against. */
export interface LoginBegun {
  /** Null for an unknown user, and where no password will do. */
  readonly passwordHash: string | null;
  /** Seconds that everybody waits who does not show the right password. */
  readonly retryAfter: number;
  /** Whether the password is to be checked at all. */
  readonly checked: boolean;
}

/** A login whose password was checked, and the session that it is to become. */
export interface LoginChecked {
  readonly email: string;
  readonly verified: boolean;
  /** Whether whoever does not show the right password has to wait. */
  readonly heldBack: boolean;
  /** What the password was checked against. */
  readonly knownHash: string | null;
  /** The same password's hash under today's parameters, where the known one has yesterday's. */
  readonly newHash: string | null;
  readonly session: string;
  /** sha256 of the session's handle. */
  readonly handle: Buffer;
  readonly tenantSlug: string | null;
}

/** By what a session is known: its handle, and the refresh token's counter if it was shown by one. */
export interface SessionShown {
  /** sha256 of the session's handle. */
  readonly handle: Buffer;
  readonly counter: number | null;
}

export interface Refreshed {
  readonly outcome: string;
  readonly counter: number;
  readonly userId: string;
  readonly tenantId: string | null;
  /** Seconds until the next refresh token expires. */
  readonly expiresIn: number;
  /** Of the key that the session is bound to; null if it is to none. */
  readonly keyThumbprint: string | null;
}

/** What a provider said of somebody, to be kept under a code. */
export interface CodeToKeep extends ProvenIdentity {
  readonly provider: string;
  /** sha256 of the code. */
  readonly code: Buffer;
  /** base64url of sha256 of the verifier. */
  readonly challenge: string;
}

/** A code that came back, and the session that it is to become. */
export interface CodeShown {
  readonly code: Buffer;
  readonly challenge: string;
  readonly session: string;
  /** sha256 of the session's handle. */
  readonly handle: Buffer;
  readonly tenantSlug: string | null;
  /** Who gets an account that has none. */
  readonly admits: Config["registration"];
}

export interface Identity {
  beginLogin(email: string, facts: Facts): Promise<LoginBegun>;
  finishLogin(login: LoginChecked, facts: Facts): Promise<{ outcome: string; result: SignedIn }>;
  /** Counts that somebody came back from a provider with something that does not hold. */
  noteOAuthFailure(facts: Facts): Promise<void>;
  keepCode(code: CodeToKeep): Promise<void>;
  exchangeCode(code: CodeShown, facts: Facts): Promise<{ outcome: string; result: SignedIn }>;
  /** The outcome; `ok` if the identity signs in whoever holds the session with this handle. */
  linkIdentity(handle: Buffer, code: Buffer, challenge: string, facts: Facts): Promise<string>;
  refreshSession(session: string, counter: number, facts: Facts): Promise<Refreshed>;
  /** Opens a sibling of the session that is shown. */
  switchTenant(
    shown: SessionShown,
    wanted: Switch,
    facts: Facts,
  ): Promise<{ outcome: string; result: SignedIn }>;
  /** @throws {pg.DatabaseError} what the door raises; RH403 for an API key */
  describeSession(caller: Caller): Promise<SessionDescription>;
  /** The outcome; `ok` if there was something to end. */
  endSessions(shown: SessionShown, scope: "current" | "others" | "all", facts: Facts): Promise<string>;
  /** Notes that an access token is in use, with the number of the refresh token that it came with; whether it is noted now. */
  noteUse(caller: Caller, counter: number): Promise<boolean>;
  /** Tells the trail of a refusal whose own transaction rolled back. */
  recordRefusal(caller: Caller, code: string, detail: string | null): Promise<void>;
}

/** @param auth connected as rowhouse_auth */
export function openIdentity(auth: Pick<pg.Pool, "query">): Identity {
  const one = askingOne(auth);
  return {
    beginLogin(email, facts) {
      return one<LoginBegun & pg.QueryResultRow>(
        "begin_login",
        `select password_hash as "passwordHash", retry_after as "retryAfter", checked
         from auth.begin_login($1, $2)`,
        [email, facts],
      );
    },
    finishLogin({ email, verified, heldBack, knownHash, newHash, session, handle, tenantSlug }, facts) {
      return one(
        "finish_login",
        "select outcome, result from auth.finish_login($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        [email, verified, session, handle, tenantSlug, facts, heldBack, knownHash, newHash],
      );
    },
    async noteOAuthFailure(facts) {
      await one("note_oauth_failure", "select auth.note_oauth_failure($1)", [facts]);
    },
    async keepCode({ code, challenge, provider, issuer, subject, email, name }) {
      await one("keep_code", "select auth.keep_code($1, $2, $3, $4, $5, $6, $7)", [
        code,
        challenge,
        provider,
        issuer,
        subject,
        email,
        name,
      ]);
    },
    exchangeCode({ code, challenge, session, handle, tenantSlug, admits }, facts) {
      return one(
        "exchange_code",
        "select outcome, result from auth.exchange_code($1, $2, $3, $4, $5, $6, $7)",
        [code, challenge, session, handle, tenantSlug, facts, admits],
      );
    },
    async linkIdentity(handle, code, challenge, facts) {
      const { outcome } = await one<{ outcome: string }>(
        "link_identity",
        "select auth.link_identity($1, $2, $3, $4) as outcome",
        [handle, code, challenge, facts],
      );
      return outcome;
    },
    refreshSession(session, counter, facts) {
      return one<Refreshed & pg.QueryResultRow>(
        "refresh_session",
        `select outcome, next_counter as counter, user_id as "userId", tenant_id as "tenantId",
           expires_in as "expiresIn", key_thumbprint as "keyThumbprint"
         from auth.refresh_session($1, $2, $3)`,
        [session, counter, facts],
      );
    },
    switchTenant({ handle, counter }, { session, handle: opened, tenantSlug }, facts) {
      return one("switch_tenant", "select outcome, result from auth.switch_tenant($1, $2, $3, $4, $5, $6)", [
        handle,
        counter,
        session,
        opened,
        tenantSlug,
        facts,
      ]);
    },
    async describeSession({ credential, facts }) {
      const { result } = await one<{ result: SessionDescription }>(
        "describe_session",
        "select auth.describe_session($1, $2) as result",
        [credential, facts],
      );
      return result;
    },
    async endSessions({ handle, counter }, scope, facts) {
      const { outcome } = await one<{ outcome: string }>(
        "end_sessions",
        "select auth.end_sessions($1, $2, $3, $4) as outcome",
        [handle, scope, facts, counter],
      );
      return outcome;
    },
    async noteUse({ credential, facts }, counter) {
      const { noted } = await one<{ noted: boolean }>(
        "note_use",
        "select auth.note_use($1, $2, $3) as noted",
        [credential, counter, facts],
      );
      return noted;
    },
    async recordRefusal({ credential, facts }, code, detail) {
      await auth.query({
        name: "record_refusal",
        text: "select auth.record_refusal($1, $2, $3, $4)",
        values: [credential, code, detail, facts],
      });
    },
  };
}
