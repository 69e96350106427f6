import type pg from "pg";
import type { Caller } from "../database/door.ts";

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
    readonly email: string;
    readonly name: string;
    readonly locale: string;
  };
  readonly tenant: TenantSummary | null;
  readonly tenants: readonly TenantSummary[];
}

export interface Registration {
  readonly email: string;
  readonly name: string;
  readonly passwordHash: string;
  readonly tenant: { readonly slug: string; readonly name: string } | undefined;
  /** sha256 of the verification link's secret. */
  readonly digest: Buffer;
}

export interface Refreshed {
  readonly outcome: string;
  readonly counter: number;
  readonly userId: string;
  readonly tenantId: string | null;
  /** Seconds until the next refresh token expires. */
  readonly expiresIn: number;
}

export interface Identity {
  register(registration: Registration, facts: Facts): Promise<"verify" | "exists" | "nothing">;
  verifyEmail(
    digest: Buffer,
    tenantSlug: string | null,
    facts: Facts,
  ): Promise<"verified" | "invalid_token" | "slug_taken">;
  /** The hash to check the password against (null: unknown user), or how many seconds to wait. */
  beginLogin(email: string, facts: Facts): Promise<{ passwordHash: string | null; retryAfter: number }>;
  finishLogin(
    login: { email: string; verified: boolean; session: string; handle: Buffer; tenantSlug: string | null },
    facts: Facts,
  ): Promise<{ outcome: string; result: SignedIn }>;
  refreshSession(session: string, counter: number, facts: Facts): Promise<Refreshed>;
  /** How many sessions ended. @param handle sha256 of the session's handle */
  endSessions(handle: Buffer, scope: "current" | "others" | "all", facts: Facts): Promise<number>;
  /** Tells the trail of a refusal whose own transaction rolled back. */
  recordRefusal(caller: Caller, code: string, detail: string | null): Promise<void>;
}

/** @param auth connected as rowhouse_auth */
export function openIdentity(auth: Pick<pg.Pool, "query">): Identity {
  async function one<Row extends pg.QueryResultRow>(sql: string, values: unknown[]): Promise<Row> {
    const { rows } = await auth.query<Row>(sql, values);
    if (!rows[0]) throw new Error(`no answer to ${sql}`);
    return rows[0];
  }
  return {
    async register({ email, name, passwordHash, tenant, digest }, facts) {
      const { mail } = await one<{ mail: "verify" | "exists" | "nothing" }>(
        "select auth.register($1, $2, $3, $4, $5, $6, $7) as mail",
        [email, name, passwordHash, tenant?.slug ?? null, tenant?.name ?? null, digest, facts],
      );
      return mail;
    },
    async verifyEmail(digest, tenantSlug, facts) {
      const { outcome } = await one<{ outcome: "verified" | "invalid_token" | "slug_taken" }>(
        "select auth.verify_email($1, $2, $3) as outcome",
        [digest, tenantSlug, facts],
      );
      return outcome;
    },
    async beginLogin(email, facts) {
      const row = await one<{ password_hash: string | null; retry_after: number }>(
        "select password_hash, retry_after from auth.begin_login($1, $2)",
        [email, facts],
      );
      return { passwordHash: row.password_hash, retryAfter: row.retry_after };
    },
    finishLogin({ email, verified, session, handle, tenantSlug }, facts) {
      return one("select outcome, result from auth.finish_login($1, $2, $3, $4, $5, $6)", [
        email,
        verified,
        session,
        handle,
        tenantSlug,
        facts,
      ]);
    },
    refreshSession(session, counter, facts) {
      return one<Refreshed & pg.QueryResultRow>(
        `select outcome, next_counter as counter, user_id as "userId", tenant_id as "tenantId",
           expires_in as "expiresIn"
         from auth.refresh_session($1, $2, $3)`,
        [session, counter, facts],
      );
    },
    async endSessions(handle, scope, facts) {
      const { ended } = await one<{ ended: number }>("select auth.end_sessions($1, $2, $3) as ended", [
        handle,
        scope,
        facts,
      ]);
      return ended;
    },
    async recordRefusal({ credential, facts }, code, detail) {
      await auth.query("select auth.record_refusal($1, $2, $3, $4)", [credential, code, detail, facts]);
    },
  };
}
