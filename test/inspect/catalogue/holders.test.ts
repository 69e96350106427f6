import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { actors } from "../../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { createGuest } from "../../support/guests.ts";
import { createMember, type Member } from "../../support/people.ts";
import { enterForSupport, type Visitor } from "../../support/support.ts";
import { buildTenants, type TenantFixture } from "../../support/tenants.ts";

// The desk tells the DBA the same as whoCan and permissionsOf tell a company of itself, and as the door lets people do; and,
// which no company can ask for by permission, what the operator's support may do there while it is in.

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
let actingAs: ReturnType<typeof actors>;
let permissions: string[];
let suspended: Member;
let banned: Member;
let guest: Member;
let temporary: Member;
let keyId: string;
const support = {} as Record<"reader" | "writer" | "asMember" | "expired" | "ended", Visitor>;

/** A way in which somebody comes by a permission, in the words of the desk. */
interface Way {
  readonly slug: string;
  readonly source: string;
  readonly holder: string | null;
  readonly user_id: string | null;
  readonly api_key_id: string | null;
  readonly role_name: string | null;
  readonly grant_id: string | null;
  readonly granted_by: string | null;
  readonly ends_at: Date | null;
  readonly reads_only: boolean;
}

/** Asks as somebody who holds rowhouse_auditor and nothing else. */
async function asAuditor<Row>(sql: string, values: unknown[] = []): Promise<Row[]> {
  const client = await database.admin.connect();
  try {
    await client.query("set role rowhouse_auditor");
    return (await client.query(sql, values)).rows;
  } finally {
    client.release(true);
  }
}

const holders = (permission: string) => asAuditor<Way>("select * from inspect.holders($1)", [permission]);

async function grant(member: Member, permission: string, ends: string): Promise<void> {
  await database.admin.query(
    `insert into app.grants (tenant_id, user_id, permission, reason, granted_by, created_at, ends_at)
     values ($1, $2, $3, 'A test', $4, now() - interval '2 days', now() + $5::interval)`,
    [member.tenantId, member.userId, permission, acme.owner.userId, ends],
  );
}

async function addKey(member: Member, scopes: string[], expires: string): Promise<string> {
  const { rows } = await database.admin.query(
    `insert into auth.api_keys (tenant_id, user_id, name, digest, scopes, expires_at)
     values ($1, $2, 'Another', $3, $4, now() + $5::interval) returning id`,
    [member.tenantId, member.userId, randomBytes(32), scopes, expires],
  );
  return rows[0].id;
}

beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  actingAs = actors(database.app);
  const { rows } = await database.admin.query("select name from app.permissions order by name");
  permissions = [...rows.map(({ name }) => name), "owner"];

  temporary = await createMember(database, { tenant: acme, role: "helper" });
  await grant(temporary, "view_audit", "1 day");
  await grant(temporary, "view_analytics", "-1 day");
  keyId = await addKey(temporary, ["view_audit", "manage_users"], "1 day");
  await addKey(temporary, ["view_audit"], "-1 day");
  guest = await createGuest(database, acme);
  await grant(guest, "view_audit", "1 day");
  suspended = await createMember(database, { tenant: acme, role: "admin" });
  banned = await createMember(database, { tenant: acme, role: "admin" });
  for (const member of [suspended, banned]) {
    await grant(member, "view_all_chats", "1 day");
    await addKey(member, permissions, "1 day");
  }
  await database.admin.query("update app.memberships set status = 'suspended' where id = $1", [
    suspended.membershipId,
  ]);
  await database.admin.query("update app.users set status = 'banned' where id = $1", [banned.userId]);

  await database.admin.query("update app.tenants set support_access = 'write'");
  support.reader = await enterForSupport(database, "acme");
  support.writer = await enterForSupport(database, "acme", { write: true });
  support.asMember = await enterForSupport(database, "acme", { as: acme.member.email });
  support.expired = await enterForSupport(database, "acme");
  support.ended = await enterForSupport(database, "acme");
  await database.admin.query(
    `update auth.support_accesses set created_at = now() - interval '2 hours', expires_at = now() - interval '1 hour'
     where id = $1`,
    [support.expired.accessId],
  );
  await database.admin.query(
    "update auth.support_accesses set ended_at = now(), end_reason = 'operator' where id = $1",
    [support.ended.accessId],
  );
});
afterAll(() => database.drop());

test("says of each permission what whoCan says in each company, way by way", async () => {
  for (const tenant of [acme, globex]) {
    for (const permission of permissions) {
      const told = (await holders(permission)).filter(
        (way) => way.slug === tenant.slug && way.holder && way.source !== "support",
      );
      const asked = await actingAs(tenant.owner).rows<Way & { holder_id: string; role: string }>(
        "select * from app.who_can($1)",
        [permission],
      );
      expect(inOneOrder(told), permission).toEqual(
        inOneOrder(asked.map((way) => ({ ...way, holder: way.holder_id, role_name: way.role }))),
      );
    }
  }
});

test("says of each person and each permission what permissionsOf says, and what the door lets them do", async () => {
  const everybody = [
    ...[acme.owner, acme.admin, acme.member, acme.colleague, acme.viewer],
    ...[temporary, guest, suspended, banned],
  ];
  const told = new Map<string, Way[]>();
  for (const permission of permissions) told.set(permission, await holders(permission));
  for (const person of everybody) {
    const asked = await actingAs(acme.owner).rows<{ permission: string; api_key_id: string | null }>(
      "select permission, api_key_id from app.permissions_of($1)",
      [person.userId],
    );
    const opened = await actingAs(person).attempt("select context.permissions() as held");
    const held = "refusal" in opened ? [] : (opened.rows[0]!.held as string[]);
    for (const permission of permissions) {
      const ways = told
        .get(permission)!
        .filter((way) => way.user_id === person.userId && way.source !== "support");
      expect(ways.length, `${person.name} ${permission}`).toBe(
        asked.filter((way) => way.permission === permission).length,
      );
      if (permission === "owner") continue;
      expect(
        ways.some((way) => way.api_key_id === null),
        `${person.name} ${permission}`,
      ).toBe(held.includes(permission));
    }
  }
  for (const person of [suspended, banned]) {
    expect([...told.values()].flat().filter((way) => way.user_id === person.userId)).toEqual([]);
  }
});

test("knows a grant by its end and giver, and a key by the grant that it lives on", async () => {
  const ways = (await holders("view_audit")).filter((way) => way.user_id === temporary.userId);
  expect(ways).toMatchObject([
    { source: "grant", api_key_id: null, granted_by: acme.owner.userId, ends_at: expect.any(Date) },
    { source: "grant", api_key_id: keyId, granted_by: acme.owner.userId, ends_at: expect.any(Date) },
  ]);
  expect((await holders("view_analytics")).filter((way) => way.user_id === temporary.userId)).toEqual([]);
});

test("tells of support what its door lets it do, while it lasts, and whether it only reads", async () => {
  for (const permission of permissions.filter((name) => name !== "owner")) {
    const told = (await holders(permission)).filter((way) => way.source === "support");
    const can: string[] = [];
    for (const visitor of Object.values(support)) {
      const opened = await actingAs(visitor).attempt("select context.may($1) as may", [permission]);
      if (!("refusal" in opened) && opened.rows[0]!.may) can.push(visitor.accessId);
    }
    expect(told.map((way) => way.holder).sort(), permission).toEqual(can.sort());
  }
  const auditing = (await holders("view_audit")).filter((way) => way.source === "support");
  expect(auditing.map((way) => [way.holder, way.user_id, way.reads_only]).sort()).toEqual(
    [
      [support.reader.accessId, null, true],
      [support.writer.accessId, null, false],
    ].sort(),
  );
  expect((await holders("chat")).filter((way) => way.source === "support")).toMatchObject([
    { holder: support.asMember.accessId, user_id: acme.member.userId, role_name: "member", reads_only: true },
  ]);
});

test("support that may write reads only as soon as the company says so, and is gone when it turns support off", async () => {
  const of = async () =>
    (await holders("view_audit")).filter((way) => way.source === "support").map((way) => way.reads_only);
  await database.admin.query("update app.tenants set support_access = 'read' where slug = 'acme'");
  expect(await of()).toEqual([true, true]);
  await database.admin.query("update app.tenants set support_access = 'off' where slug = 'acme'");
  expect(await of()).toEqual([]);
});

test("a role that nobody has is told without a holder, and a company that is suspended has roles only", async () => {
  await database.admin.query(
    "insert into app.roles (tenant_id, name, permissions) values ($1, 'idle', '{view_audit}')",
    [globex.tenantId],
  );
  const next = async () => (await holders("view_audit")).filter((way) => way.slug === "globex");
  expect((await next()).filter((way) => way.role_name === "idle")).toMatchObject([
    { source: "role", holder: null, user_id: null },
  ]);
  await database.admin.query("update app.tenants set status = 'suspended' where slug = 'globex'");
  expect(new Set((await next()).map((way) => way.holder))).toEqual(new Set([null]));
  await database.admin.query("update app.tenants set status = 'active' where slug = 'globex'");
});

test("inspect.who_can counts members by role, and names grants, keys and support with their end", async () => {
  await database.admin.query("update app.tenants set support_access = 'write' where slug = 'acme'");
  const visitor = await enterForSupport(database, "acme");
  const told = await asAuditor<{ who: string; in_words: string; members: string | null }>(
    "select who, in_words, members from inspect.who_can('view_audit') where who like 'acme: %'",
  );
  expect(told).toContainEqual({ who: "acme: admin", in_words: "by the role admin", members: "2" });
  const end = String.raw`until \d{4}-\d\d-\d\d \d\d:\d\d UTC`;
  const line = (who: string) => told.find((one) => one.who === `acme: ${who}`);
  expect(line(temporary.userId)).toMatchObject({
    in_words: expect.stringMatching(new RegExp(`^granted by ${acme.owner.userId}, ${end}$`)),
    members: "1",
  });
  expect(line(`key ${keyId}`)).toMatchObject({
    in_words: expect.stringMatching(new RegExp(`${end}, within the scopes of the key$`)),
    members: null,
  });
  expect(line(`support ${visitor.accessId}`)).toMatchObject({
    in_words: expect.stringMatching(new RegExp(`^in its own name, ${end}, reading only$`)),
    members: null,
  });
  expect(await asAuditor("select who, members from inspect.who_can('owner') order by 1")).toEqual([
    { who: "acme: owners", members: "1" },
    { who: "globex: owners", members: "1" },
  ]);
});

/** What a way is told by, sorted. */
function inOneOrder(ways: readonly Way[]): string[] {
  return ways
    .map((way) =>
      JSON.stringify([
        ...[way.source, way.holder, way.user_id, way.api_key_id, way.role_name],
        ...[way.grant_id, way.granted_by, way.ends_at],
      ]),
    )
    .sort();
}
