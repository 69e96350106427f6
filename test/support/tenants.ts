import type { TestDatabase } from "./database.ts";
import { createMember, createTenant, type Member, type Tenant } from "./people.ts";

/** A member with one row of everything that a member can have, whatever their role may do with it. */
export interface TenantMember extends Member {
  readonly conversationId: string;
  readonly messageId: string;
  readonly feedbackId: string;
  readonly usageId: string;
  /** Of a model that nobody asks for, so that it stops nobody. */
  readonly budgetId: string;
  readonly preferencesId: string;
  readonly apiKeyId: string;
  readonly webhookEndpointId: string;
  readonly webhookDeliveryId: string;
  readonly auditStreamId: string;
  /** The team that everybody of the fixture is in, and their place there. */
  readonly teamId: string;
  readonly teamMemberId: string;
  /** A grant that has ended, so that nobody can do more than their role says. */
  readonly grantId: string;
}

/** A tenant with somebody of every kind. */
export interface TenantFixture extends Tenant {
  readonly owner: TenantMember;
  /** Holds the role admin and does not own the tenant. */
  readonly admin: TenantMember;
  readonly member: TenantMember;
  /** Another member, whose rows are a colleague's to everybody else. */
  readonly colleague: TenantMember;
  readonly viewer: TenantMember;
  /** The company's defaults for preferences. */
  readonly defaultsId: string;
  readonly roleIds: Readonly<Record<"admin" | "member" | "viewer" | "helper", string>>;
}

type Pools = Pick<TestDatabase, "admin" | "auth">;

/** Two tenants with one wall between them: those of most tests. */
export async function buildTenants(pools: Pools): Promise<{ acme: TenantFixture; globex: TenantFixture }> {
  return { acme: await buildTenant(pools, "acme"), globex: await buildTenant(pools, "globex") };
}

/** A tenant with people of every role, a role `helper` of its own, and rows that belong to each of them. */
export async function buildTenant(pools: Pools, slug: string): Promise<TenantFixture> {
  const tenant = await createTenant(pools, { slug });
  await pools.admin.query(
    "insert into app.roles (tenant_id, name, permissions) values ($1, 'helper', '{chat}')",
    [tenant.tenantId],
  );
  const roles = await pools.admin.query<{ name: string; id: string }>(
    "select name, id from app.roles where tenant_id = $1",
    [tenant.tenantId],
  );
  await pools.admin.query(
    `with guest as (
         insert into app.invitations (tenant_id, email, role_id, invited_by, expires_at)
         select tenant_id, 'guest@' || $2 || '.example', id, $3, now() + interval '7 days' from app.roles
         where tenant_id = $1 and name = 'viewer'
     )
     insert into app.domains (tenant_id, domain, role_id)
     select tenant_id, $2 || '.example', id from app.roles where tenant_id = $1 and name = 'viewer'`,
    [tenant.tenantId, slug, tenant.owner.userId],
  );
  const defaults = await pools.admin.query<{ id: string }>(
    "insert into app.tenant_preferences (tenant_id) values ($1) returning id",
    [tenant.tenantId],
  );
  const owner = await addRows(pools, tenant.owner);
  await pools.admin.query(
    `insert into app.invitation_teams (tenant_id, invitation_id, team_id)
     select tenant_id, id, $2 from app.invitations where tenant_id = $1`,
    [tenant.tenantId, owner.teamId],
  );
  const hire = async (role: string) => addRows(pools, await createMember(pools, { tenant, role }));
  return {
    ...tenant,
    owner,
    admin: await hire("admin"),
    member: await hire("member"),
    colleague: await hire("member"),
    viewer: await hire("viewer"),
    defaultsId: defaults.rows[0]!.id,
    roleIds: Object.fromEntries(roles.rows.map(({ name, id }) => [name, id])) as TenantFixture["roleIds"],
  };
}

/** Gives somebody one row of everything that a member can have. */
export async function addRows({ admin }: Pools, member: Member): Promise<TenantMember> {
  const { rows } = await admin.query<Omit<TenantMember, keyof Member>>(
    `with conversation as (
         insert into app.conversations (tenant_id, user_id, title) values ($1, $2, $3) returning *
     ), message as (
         insert into app.messages (tenant_id, user_id, conversation_id, content)
         select tenant_id, user_id, id, title from conversation returning id
     ), feedback as (
         insert into app.message_feedback (tenant_id, user_id, message_id, rating)
         select $1, $2, id, 'up' from message returning id
     ), used as (
         insert into app.usage_events (tenant_id, turn_id, user_id, generator, model, outcome)
         values ($1, uuidv7(), $2, 'extractive', 'extractive', 'complete') returning id
     ), budget as (
         insert into app.budgets (tenant_id, level, model, cap_micros)
         values ($1, 'model', 'unasked-' || $2::text, 1000) returning id
     ), preferences as (
         insert into app.user_preferences (tenant_id, user_id) values ($1, $2) returning id
     ), key as (
         insert into auth.api_keys (tenant_id, user_id, name, digest, scopes)
         values ($1, $2, 'A key', sha256(convert_to($2::text, 'UTF8')), '{chat}') returning id
     ), team as (
         insert into app.teams (tenant_id, name) values ($1, 'Everybody')
         on conflict (tenant_id, name) do update set name = excluded.name returning id
     ), place as (
         insert into app.team_members (tenant_id, team_id, user_id) select $1, id, $2 from team returning *
     ), given as (
         insert into app.grants (tenant_id, user_id, permission, reason, granted_by, created_at, ends_at)
         values ($1, $2, 'view_analytics', 'To look at the last quarter', $2, now() - interval '2 days', now() - interval '1 day')
         returning id
     ), endpoint as (
         insert into app.webhook_endpoints (tenant_id, url) values ($1, 'https://hooks.example/' || $2::text)
         returning tenant_id, id
     ), delivery as (
         insert into app.webhook_deliveries (tenant_id, endpoint_id, type, data, state, settled_at, next_attempt_at)
         select tenant_id, id, 'member.joined', '{}', 'delivered', now(), null from endpoint returning id
     ), stream as (
         insert into app.audit_streams (tenant_id, url, active) values ($1, 'https://logs.example/' || $2::text, false) returning id
     )
     select conversation.id as "conversationId", message.id as "messageId", preferences.id as "preferencesId",
       key.id as "apiKeyId", place.team_id as "teamId", place.id as "teamMemberId", given.id as "grantId",
       endpoint.id as "webhookEndpointId", delivery.id as "webhookDeliveryId",
       stream.id as "auditStreamId",
       feedback.id as "feedbackId", used.id as "usageId", budget.id as "budgetId"
     from conversation, message, feedback, used, budget, preferences, key, place, given, endpoint, delivery, stream`,
    [member.tenantId, member.userId, `What ${member.name} asked`],
  );
  return { ...member, ...rows[0]! };
}
