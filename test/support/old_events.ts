import type { TestDatabase } from "./database.ts";
import { unguarded } from "./sealing.ts";

/** The first day of the month so many months ago, in UTC: `2025-03-01`. */
export function monthsAgo(months: number): string {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months, 1)).toISOString().slice(0, 10);
}

/** As the trail's months are named: `2025-03`. */
export const monthName = (months: number): string => monthsAgo(months).slice(0, 7);

/** As its partition is. */
export const partitionOf = (months: number): string => `events_${monthName(months).replace("-", "_")}`;

/** Has a tenant have so many events of a month that is over, each with an address and a detail. */
export async function happened(
  database: TestDatabase,
  tenant: string,
  months: number,
  events: number,
): Promise<void> {
  await database.admin.query("select audit.create_partition($1)", [monthsAgo(months)]);
  await database.admin.query(
    `insert into audit.events (tenant_id, at, action, severity, actor_kind, ip, detail)
     select $1, $2::timestamp at time zone 'UTC' + one * interval '1 minute', 'test.happened', 'low', 'system', '192.0.2.7',
       jsonb_build_object('turn', one, 'said', 'Falcon ' || one)
     from generate_series(1, $3::integer) as one`,
    [tenant, monthsAgo(months), events],
  );
}

/** Has a tenant's trail be kept for so many months from now on, as if the delay were over. */
export async function keepFor(database: TestDatabase, tenant: string, months: number | null): Promise<void> {
  await database.admin.query("update app.tenants set audit_retention_months = $2 where id = $1", [
    tenant,
    months,
  ]);
  await database.admin.query(
    "update app.tenants set audit_retention_lowers_at = now() - interval '1 second' where id = $1 and audit_retention_lowers_at is not null",
    [tenant],
  );
}

/** Deletes from the trail of a tenant that was just made that its owner got powers, before it is sealed: eight events are left. */
export async function forgetPowers(database: TestDatabase, tenant: string): Promise<void> {
  await unguarded(
    database,
    `delete from audit.events where tenant_id = '${tenant}' and action = 'access.raised'`,
  );
}
