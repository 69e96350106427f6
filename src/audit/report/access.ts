import type pg from "pg";
import type { Period } from "./period.ts";

/** Whose access it is, and what the company asks of whoever comes in. */
export interface ReviewedTenant {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly status: string;
  readonly createdAt: Date;
  readonly requiresSecondFactor: boolean;
  /** Null: every way that the server has. */
  readonly signInWays: readonly string[] | null;
  readonly sessionIdleMinutes: number;
  readonly sessionLifetimeMinutes: number;
  readonly supportAccess: string;
  readonly allowsGuests: boolean;
  readonly guests: number;
}

export interface ReviewedPerson {
  readonly id: string;
  readonly name: string;
  readonly email: string | null;
  readonly accountStatus: string;
  readonly status: string;
  readonly roleId: string;
  readonly isOwner: boolean;
  readonly since: Date;
  readonly teams: readonly string[];
  readonly secondFactor: boolean;
  /** By what they come in: `password`, `passkey`, and providers' names. */
  readonly ways: readonly string[];
  readonly lastSignInAt: Date | null;
  /** The latest of what their sessions and the trail know. */
  readonly lastUseAt: Date | null;
  /** When the account is erased, if its owner asked for that. */
  readonly leavesAt: Date | null;
}

export interface ReviewedRole {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly builtIn: boolean;
  readonly permissions: readonly string[];
  readonly people: number;
  readonly guests: number;
  readonly keys: number;
  readonly invitations: number;
}

export interface ReviewedGrant {
  readonly id: string;
  readonly userId: string;
  readonly permission: string;
  readonly reason: string;
  readonly grantedBy: string;
  readonly createdAt: Date;
  readonly endsAt: Date;
}

export interface ReviewedInvitation {
  readonly id: string;
  readonly email: string;
  readonly roleId: string;
  readonly invitedBy: string;
  readonly teams: readonly string[];
  readonly sentAt: Date;
  readonly expiresAt: Date;
}

export interface ReviewedKey {
  readonly id: string;
  readonly name: string;
  readonly beginning: string;
  readonly kind: string;
  /** Whose it is; null: the company's own, within a role. */
  readonly userId: string | null;
  readonly roleId: string | null;
  readonly createdBy: string | null;
  readonly scopes: readonly string[];
  readonly origins: readonly string[] | null;
  /** How many addresses it may come from; 0: any. */
  readonly addresses: number;
  readonly usedCount: number;
  readonly lastUsedAt: Date | null;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly live: boolean;
}

export interface ReviewedSupport {
  readonly id: string;
  readonly operator: string;
  readonly reason: string;
  readonly userId: string | null;
  readonly mayWrite: boolean;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly endedAt: Date | null;
  readonly endReason: string | null;
}

export interface ReviewedConnection {
  readonly kind: "webhook" | "domain" | "tool server" | "audit stream";
  readonly id: string;
  readonly name: string;
  readonly told: readonly string[];
  readonly active: boolean;
  readonly createdAt: Date;
}

/** Rows of a list that is not longer than somebody can read, and how many there are in all. */
export interface Listed<Row> {
  readonly rows: readonly Row[];
  readonly inAll: number;
}

/** People, and as many keys, that a document lists. */
const MOST = 10_000;

export async function readTenant(client: pg.ClientBase, tenant: string): Promise<ReviewedTenant | null> {
  const { rows } = await client.query<ReviewedTenant>(
    `select id, slug, name, status, created_at as "createdAt", requires_second_factor as "requiresSecondFactor",
       sign_in_ways as "signInWays", session_idle_minutes as "sessionIdleMinutes",
       session_lifetime_minutes as "sessionLifetimeMinutes", support_access as "supportAccess",
       allows_guests as "allowsGuests", guests::integer
     from audit.describe_tenant($1)`,
    [tenant],
  );
  return rows[0] ?? null;
}

/** Active ones first, by name. What sessions do not know any more, the trail does. */
export async function readPeople(client: pg.ClientBase, tenant: string): Promise<Listed<ReviewedPerson>> {
  const { rows } = await client.query<ReviewedPerson & { inAll: number }>(
    `with people as materialized (
       select *, count(*) over ()::integer as in_all from audit.list_people($1)
       order by status <> 'active', lower(name), user_id limit $2
     )
     select person.user_id as id, person.name, person.email, person.account_status as "accountStatus", person.status,
       person.role_id as "roleId", person.is_owner as "isOwner", person.since, person.teams,
       person.second_factor as "secondFactor", person.ways,
       greatest(person.signed_in_at, signed.at) as "lastSignInAt", greatest(person.last_seen_at, used.at) as "lastUseAt",
       person.leaves_at as "leavesAt", person.in_all as "inAll"
     from people as person
     left join lateral (
       select event.at from audit.events as event
       where event.tenant_id = $1 and event.actor_id = person.user_id order by event.at desc, event.id desc limit 1
     ) as used on true
     left join lateral (
       select event.at from audit.events as event
       where event.tenant_id = $1 and event.actor_id = person.user_id and event.action in ('auth.login', 'auth.switch')
       order by event.at desc, event.id desc limit 1
     ) as signed on true
     order by person.status <> 'active', lower(person.name), person.user_id`,
    [tenant, MOST],
  );
  return listed(rows);
}

/** The most powerful first. */
export async function readRoles(client: pg.ClientBase, tenant: string): Promise<ReviewedRole[]> {
  const { rows } = await client.query<ReviewedRole>(
    `select id, name, description, built_in as "builtIn", permissions, people::integer, guests::integer, keys::integer,
       invitations::integer
     from audit.list_roles($1) order by cardinality(permissions) desc, name`,
    [tenant],
  );
  return rows;
}

export async function readGrants(client: pg.ClientBase, tenant: string): Promise<ReviewedGrant[]> {
  const { rows } = await client.query<ReviewedGrant>(
    `select id, user_id as "userId", permission, reason, granted_by as "grantedBy", created_at as "createdAt", ends_at as "endsAt"
     from audit.list_grants($1) order by ends_at, id`,
    [tenant],
  );
  return rows;
}

export async function readInvitations(
  client: pg.ClientBase,
  tenant: string,
): Promise<Listed<ReviewedInvitation>> {
  const { rows } = await client.query<ReviewedInvitation & { inAll: number }>(
    `select id, email, role_id as "roleId", invited_by as "invitedBy", teams, sent_at as "sentAt", expires_at as "expiresAt",
       count(*) over ()::integer as "inAll"
     from audit.list_invitations($1) order by sent_at, id limit $2`,
    [tenant, MOST],
  );
  return listed(rows);
}

/** Those that open the door first; those that are over are there for the trail's sake. */
export async function readKeys(client: pg.ClientBase, tenant: string): Promise<Listed<ReviewedKey>> {
  const { rows } = await client.query<ReviewedKey & { inAll: number }>(
    `select id, name, beginning, kind, user_id as "userId", role_id as "roleId", created_by as "createdBy", scopes, origins,
       addresses::integer, used_count::double precision as "usedCount", last_used_at as "lastUsedAt", created_at as "createdAt",
       expires_at as "expiresAt", revoked_at as "revokedAt", live, count(*) over ()::integer as "inAll"
     from audit.list_keys($1) order by live desc, lower(name), id limit $2`,
    [tenant, MOST],
  );
  return listed(rows);
}

export async function readSupport(
  client: pg.ClientBase,
  tenant: string,
  { from, to }: Period,
): Promise<ReviewedSupport[]> {
  const { rows } = await client.query<ReviewedSupport>(
    `select id, operator, reason, user_id as "userId", may_write as "mayWrite", created_at as "createdAt",
       expires_at as "expiresAt", ended_at as "endedAt", end_reason as "endReason"
     from audit.list_support($1, $2, $3) order by created_at, id`,
    [tenant, from, to],
  );
  return rows;
}

export async function readConnections(client: pg.ClientBase, tenant: string): Promise<ReviewedConnection[]> {
  const { rows } = await client.query<ReviewedConnection>(
    `select kind, id, name, told, active, created_at as "createdAt" from audit.list_connections($1) order by kind, name, id`,
    [tenant],
  );
  return rows;
}

/** Takes the count from the rows that came with it. */
export function listed<Row extends { readonly inAll: number }>(
  rows: readonly Row[],
): Listed<Omit<Row, "inAll">> {
  return { rows: rows.map(({ inAll, ...row }) => row), inAll: rows[0]?.inAll ?? 0 };
}
