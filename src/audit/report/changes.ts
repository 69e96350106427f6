import type pg from "pg";
import { type Listed, listed } from "./access.ts";
import type { Period } from "./period.ts";

/** An event that gave somebody more or less, as the trail has it. */
export interface PrivilegeEvent {
  readonly id: string;
  readonly at: Date;
  readonly action: string;
  readonly table: string | null;
  readonly rowId: string | null;
  readonly oldRow: Readonly<Record<string, unknown>> | null;
  readonly newRow: Readonly<Record<string, unknown>> | null;
  readonly detail: Readonly<Record<string, unknown>> | null;
  /** Whom it is about; null: nobody by themselves. */
  readonly subjectId: string | null;
  readonly subjectName: string | null;
  readonly actorKind: string;
  readonly actorId: string | null;
  readonly actorName: string | null;
  readonly credentialId: string | null;
  readonly impersonatorId: string | null;
  readonly databaseRole: string;
}

/** Events that a document lists; how many more there were, it says. */
const MOST = 2_000;

/** What of a row has to change for its update to be one of privilege. */
const TELLING = {
  "app.memberships": ["role_id", "is_owner", "status"],
  "app.roles": ["name", "permissions"],
  "app.grants": ["permission", "ends_at"],
  "auth.api_keys": ["scopes", "role_id", "user_id", "expires_at", "revoked_at", "opens_guests"],
  "app.domains": ["role_id", "admits"],
  "app.tenants": [
    "status",
    "requires_second_factor",
    "sign_in_ways",
    "support_access",
    "allows_guests",
    "session_idle_minutes",
    "session_lifetime_minutes",
    "single_session",
    "fingerprint",
    "fingerprint_network",
  ],
} as const;

export const TELLING_COLUMNS: Readonly<Record<string, readonly string[]>> = TELLING;

/**
 * Changes of privilege, the newest first: of the company's own, and of the accounts of its people, which belong to no tenant.
 * Guests come and go, and are no change of privilege; one who becomes a member is.
 *
 * @param people ids of the company's people
 */
export async function readChanges(
  client: pg.ClientBase,
  tenant: string,
  { from, to }: Period,
  people: readonly string[],
): Promise<Listed<PrivilegeEvent>> {
  const telling = Object.entries(TELLING)
    .map(
      ([table, columns]) =>
        `(event.table_name = '${table}' and (event.action <> 'update' or ${columns
          .map((column) => `event.old_row -> '${column}' is distinct from event.new_row -> '${column}'`)
          .join(" or ")}))`,
    )
    .join(" or ");
  const { rows } = await client.query<PrivilegeEvent & { inAll: number }>(
    `with guest as (select id::text as role from audit.list_roles($1) where built_in and name = 'guest'),
     company as (
       select event.*, coalesce(event.new_row, event.old_row) ->> 'user_id' as subject
       from audit.events as event
       where event.tenant_id = $1 and event.at >= $2 and event.at < $3 and event.action in ('insert', 'update', 'delete')
         and (${telling})
         and not (event.table_name = 'app.memberships' and coalesce(event.new_row, event.old_row) ->> 'role_id' in (select role from guest))
     ),
     accounts as (
       select event.*,
         case event.action
           when 'delete' then event.old_row ->> 'user_id'
           when 'auth.password_changed' then event.actor_id::text
           else event.detail ->> 'user'
         end as subject
       from audit.events as event
       where event.tenant_id = audit.platform() and event.at >= $2 and event.at < $3 and (
         event.action in ('auth.banned', 'auth.unbanned', 'auth.reset')
         or event.action = 'delete' and (
           event.table_name = 'auth.totp_factors' and event.old_row -> 'confirmed_at' <> 'null' or event.table_name = 'auth.passkeys'
         )
       )
     ),
     changes as (
       select * from company union all select * from accounts where subject = any ($4::text[])
     )
     select change.id, change.at, change.action, change.table_name as "table", change.row_id as "rowId",
       change.old_row as "oldRow", change.new_row as "newRow", change.detail,
       change.subject as "subjectId", subject.name as "subjectName",
       change.actor_kind as "actorKind", change.actor_id as "actorId", actor.name as "actorName",
       change.credential_id as "credentialId", change.impersonator_id as "impersonatorId", change.database_role as "databaseRole",
       count(*) over ()::integer as "inAll"
     from changes as change
     left join app.users as subject
       on subject.id = case when pg_input_is_valid(change.subject, 'uuid') then change.subject::uuid end
     left join app.users as actor on actor.id = change.actor_id
     order by change.at desc, change.id desc limit $5`,
    [tenant, from, to, people, MOST],
  );
  return listed(rows);
}
