import type { TestDatabase } from "./database.ts";
import { createMember, createTenant, type Member, type Tenant } from "./people.ts";

/** A member with one row of everything that a member can have, whatever their role may do with it. */
export interface Neighbour extends Member {
  readonly conversationId: string;
  readonly messageId: string;
  readonly preferencesId: string;
}

/** A tenant with somebody of every kind. */
export interface House extends Tenant {
  readonly owner: Neighbour;
  /** Holds the role admin and does not own the tenant. */
  readonly admin: Neighbour;
  readonly member: Neighbour;
  /** Another member, whose rows are a colleague's to everybody else. */
  readonly colleague: Neighbour;
  readonly viewer: Neighbour;
  readonly roleIds: Readonly<Record<"admin" | "member" | "viewer" | "helper", string>>;
}

type Pools = Pick<TestDatabase, "admin" | "auth">;

/** Two houses with one wall between them: the two tenants of most tests. */
export async function buildStreet(pools: Pools): Promise<{ acme: House; globex: House }> {
  return { acme: await buildHouse(pools, "acme"), globex: await buildHouse(pools, "globex") };
}

/** A tenant with people of every role, a role `helper` of its own, and rows that belong to each of them. */
export async function buildHouse(pools: Pools, slug: string): Promise<House> {
  const tenant = await createTenant(pools, { slug });
  await pools.admin.query(
    "insert into app.roles (tenant_id, name, permissions) values ($1, 'helper', '{chat}')",
    [tenant.tenantId],
  );
  const roles = await pools.admin.query<{ name: string; id: string }>(
    "select name, id from app.roles where tenant_id = $1",
    [tenant.tenantId],
  );
  const hire = async (role: string) => moveIn(pools, await createMember(pools, { tenant, role }));
  return {
    ...tenant,
    owner: await moveIn(pools, tenant.owner),
    admin: await hire("admin"),
    member: await hire("member"),
    colleague: await hire("member"),
    viewer: await hire("viewer"),
    roleIds: Object.fromEntries(roles.rows.map(({ name, id }) => [name, id])) as House["roleIds"],
  };
}

async function moveIn({ admin }: Pools, member: Member): Promise<Neighbour> {
  const { rows } = await admin.query<Pick<Neighbour, "conversationId" | "messageId" | "preferencesId">>(
    `with conversation as (
         insert into app.conversations (tenant_id, user_id, title) values ($1, $2, $3) returning *
     ), message as (
         insert into app.messages (tenant_id, user_id, conversation_id, content)
         select tenant_id, user_id, id, title from conversation returning id
     ), preferences as (
         insert into app.user_preferences (tenant_id, user_id) values ($1, $2) returning id
     )
     select conversation.id as "conversationId", message.id as "messageId", preferences.id as "preferencesId"
     from conversation, message, preferences`,
    [member.tenantId, member.userId, `What ${member.name} asked`],
  );
  return { ...member, ...rows[0]! };
}
