import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { createMember, type Member } from "../support/people.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
let actingAs: ReturnType<typeof actors>;

beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  actingAs = actors(database.app);
});
afterAll(() => database.drop());

interface Way {
  readonly holder_id: string;
  readonly user_id: string | null;
  readonly api_key_id: string | null;
  readonly permission: string;
  readonly source: string;
}

const whoCan = (who: Member, permission: string, after: string | null = null) =>
  actingAs(who).rows<Way>("select * from app.who_can($1, $2)", [permission, after]);
const permissionsOf = (who: Member, userId: string) =>
  actingAs(who).rows<Way>("select * from app.permissions_of($1)", [userId]);

test("each way has its reason: the role, the grant with giver and end, the key's scope, ownership", async () => {
  const one = await createMember(database, { tenant: acme, role: "helper" });
  await actingAs(acme.owner).rows(
    "insert into app.grants (user_id, permission, reason, ends_at) values ($1, 'view_audit', 'The yearly look', now() + interval '1 day')",
    [one.userId],
  );
  expect(await permissionsOf(one, one.userId)).toMatchObject([
    {
      permission: "chat",
      source: "role",
      role: "helper",
      role_id: acme.roleIds.helper,
      grant_id: null,
      name: one.name,
    },
    {
      permission: "view_audit",
      source: "grant",
      role: null,
      granted_by: acme.owner.userId,
      reason: "The yearly look",
      ends_at: expect.any(Date),
    },
  ]);
  const ways = await permissionsOf(acme.admin, acme.member.userId);
  expect(ways).toContainEqual(
    expect.objectContaining({
      api_key_id: acme.member.apiKeyId,
      permission: "chat",
      source: "role",
      name: "A key",
    }),
  );
  expect(await whoCan(acme.admin, "owner")).toMatchObject([{ user_id: acme.owner.userId, source: "owner" }]);
});

test("oneself may always ask of oneself; of others, managers of users and of roles", async () => {
  for (const who of [acme.member, acme.viewer]) {
    expect(await permissionsOf(who, who.userId)).not.toEqual([]);
    await actingAs(who)
      .expect("select from app.permissions_of($1)", [acme.owner.userId])
      .toBeRefused("RH403", "manage_users");
    await actingAs(who).expect("select from app.who_can('chat')").toBeRefused("RH403", "manage_users");
  }
  await actingAs(null).expect("select from app.who_can('chat')").toBeRefused("RH403");
  for (const permission of ["manage_users", "manage_roles"]) {
    await database.admin.query("insert into app.roles (tenant_id, name, permissions) values ($1, $2, $3)", [
      acme.tenantId,
      permission,
      [permission],
    ]);
    const manager = await createMember(database, { tenant: acme, role: permission });
    const ways = await whoCan(manager, "chat");
    expect(ways).not.toEqual([]);
    // Names of keys are for who may see keys.
    for (const way of ways) if (way.api_key_id) expect(way).toMatchObject({ name: null });
  }
});

test("nobody is told of anybody next door", async () => {
  const told = [
    ...(await whoCan(acme.owner, "chat")),
    ...(await permissionsOf(acme.owner, globex.owner.userId)),
  ].map((way) => way.user_id);
  for (const person of [globex.owner, globex.admin, globex.member]) expect(told).not.toContain(person.userId);
});

test("a hundred holders at a time, each of them once, with all their ways", async () => {
  await database.admin.query(
    `with people as (
       insert into app.users (email, name) select 'many' || n || '@example.com', 'Many' from generate_series(1, 250) as n returning id
     ), members as (
       insert into app.memberships (tenant_id, user_id, role_id, display_name)
       select $1, id, $2, 'Many' from people returning user_id
     )
     insert into app.grants (tenant_id, user_id, permission, reason, granted_by, ends_at)
     select $1, user_id, 'chat', 'Twice', $3, now() + interval '1 day' from members`,
    [globex.tenantId, globex.roleIds.helper, globex.owner.userId],
  );
  const ways: Way[] = [];
  let pages = 0;
  for (let after: string | null = null; ; pages++) {
    const page = await whoCan(globex.owner, "chat", after);
    if (page.length === 0) break;
    expect(new Set(page.map((way) => way.holder_id)).size).toBeLessThanOrEqual(100);
    ways.push(...page);
    after = page.at(-1)!.holder_id;
  }
  expect(pages).toBeGreaterThan(2);
  const many = await database.admin.query("select id from app.memberships where display_name = 'Many'");
  for (const { id } of many.rows) expect(ways.filter((way) => way.holder_id === id)).toHaveLength(2);
});

test("says of everybody, and of every key, what the door lets them do", async () => {
  const { rows: catalogue } = await database.admin.query<{ name: string }>(
    "select name from app.permissions",
  );
  const names = catalogue.map(({ name }) => name);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(Math.random() * items.length)]!;
  const some = (): string[] => names.filter(() => Math.random() < 0.4);
  const tenant = globex;

  const roles: { id: string; name: string }[] = [];
  for (let number = 0; number < 5; number++) {
    const { rows } = await database.admin.query(
      "insert into app.roles (tenant_id, name, permissions) values ($1, $2, $3) returning id, name",
      [tenant.tenantId, `random ${number}`, some()],
    );
    roles.push(rows[0]);
  }
  /** Who comes through the door, by what they are called in the answers. */
  const credentials = new Map<string, Buffer>();
  const addKey = async (userId: string | null, roleId: string | null) => {
    const digest = randomBytes(32);
    const { rows } = await database.admin.query(
      `insert into auth.api_keys (tenant_id, user_id, role_id, name, digest, scopes, expires_at, revoked_at)
       values ($1, $2, $3, 'random', sha256($4), $5, $6, $7) returning id`,
      [
        tenant.tenantId,
        userId,
        roleId,
        digest,
        some(),
        pick([null, new Date(Date.now() + 9e6), new Date(Date.now() - 9e6)]),
        pick([null, null, null, new Date()]),
      ],
    );
    credentials.set(rows[0].id, digest);
  };
  for (let number = 0; number < 20; number++) {
    const one = await createMember(database, { tenant, role: pick(roles).name });
    credentials.set(one.membershipId, one.digest);
    for (const permission of some()) {
      await database.admin.query(
        `insert into app.grants (tenant_id, user_id, permission, reason, granted_by, created_at, ends_at)
         values ($1, $2, $3, 'random', $2, now() - interval '2 days', now() + $4::interval)`,
        [tenant.tenantId, one.userId, permission, pick(["1 day", "-1 day"])],
      );
    }
    await addKey(one.userId, null);
    await database.admin.query("update app.memberships set status = $2 where id = $1", [
      one.membershipId,
      pick(["active", "active", "active", "suspended"]),
    ]);
    await database.admin.query("update app.users set status = $2 where id = $1", [
      one.userId,
      pick(["active", "active", "active", "banned"]),
    ]);
  }
  for (const role of roles) await addKey(null, role.id);

  const told = new Set<string>();
  for (const name of names) {
    for (let after: string | null = null; ; ) {
      const page = await whoCan(tenant.owner, name, after);
      for (const way of page) told.add(`${way.holder_id} ${way.permission}`);
      if (page.length === 0) break;
      after = page.at(-1)!.holder_id;
    }
  }
  const can = new Set<string>();
  for (const [id, digest] of credentials) {
    const outcome = await actingAs({ digest }).attempt(
      "select name from app.permissions where context.may(name)",
    );
    if ("refusal" in outcome) expect(outcome.refusal.code).toBe("RH401");
    else for (const { name } of outcome.rows) can.add(`${id} ${name}`);
  }
  const asked = [...told].filter((line) => credentials.has(line.split(" ")[0]!));
  expect(asked.sort()).toEqual([...can].sort());
  expect(can.size).toBeGreaterThan(20);
});
