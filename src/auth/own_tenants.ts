import type pg from "pg";
import type { Caller } from "../database/caller.ts";
import { askingOne } from "./one_row.ts";

/** What came of asking for a tenant of one's own. */
export interface TenantAsked {
  /** ok, too_many_tenants, throttled, or why the session will not do. */
  readonly outcome: string;
  readonly tenant: { readonly id: string; readonly slug: string; readonly name: string } | null;
  /** Seconds, with throttled. */
  readonly retryAfter: number | null;
}

export interface OwnTenants {
  create(caller: Caller, slug: string, name: string): Promise<TenantAsked>;
  /** @param link sha256 of the token that an owner of a closed tenant was mailed */
  restore(link: Buffer, facts: Caller["facts"]): Promise<"ok" | "invalid_token">;
}

/** @param auth connected as rowhouse_auth */
export function openOwnTenants(auth: Pick<pg.Pool, "query">): OwnTenants {
  const one = askingOne(auth);
  return {
    create({ credential, facts }, slug, name) {
      return one(
        "create_own_tenant",
        `select outcome, tenant, retry_after as "retryAfter" from auth.create_own_tenant($1, $2, $3, $4)`,
        [credential, slug, name, facts],
      );
    },
    async restore(link, facts) {
      const { outcome } = await one<{ outcome: "ok" | "invalid_token" }>(
        "restore_tenant",
        "select auth.restore_tenant($1, $2) as outcome",
        [link, facts],
      );
      return outcome;
    },
  };
}
