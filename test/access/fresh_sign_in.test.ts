import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import type { Member } from "../support/people.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

// What colleagues may do is changed by somebody who proved lately who they are: a session that was left open is not enough.

let database: TestDatabase;
let acme: TenantFixture;
let actingAs: ReturnType<typeof actors>;

beforeAll(async () => {
  database = await createDatabase();
  ({ acme } = await buildTenants(database));
  actingAs = actors(database.app);
});
afterAll(() => database.drop());
beforeEach(() => database.admin.query("update auth.sessions set authenticated_at = now()"));

/** A team that nobody is in. */
let team: string;
beforeAll(async () => {
  const { rows } = await database.admin.query(
    "insert into app.teams (tenant_id, name) values ($1, 'Support') returning id",
    [acme.tenantId],
  );
  team = rows[0].id;
});

const stale = ({ userId }: Member, minutes = 11) =>
  database.admin.query(
    "update auth.sessions set authenticated_at = now() - $2 * interval '1 minute' where user_id = $1",
    [userId, minutes],
  );

/** An API key of somebody's, as the door takes it. */
async function keyOf(member: Member, scopes: string[]): Promise<{ digest: Buffer }> {
  const digest = createHash("sha256").update(randomBytes(32)).digest();
  await database.admin.query(
    "insert into auth.api_keys (tenant_id, user_id, name, digest, scopes) values ($1, $2, 'A key', sha256($3), $4)",
    [member.tenantId, member.userId, digest, scopes],
  );
  return { digest };
}

const everything = async () =>
  (
    await database.admin.query(
      `select (select jsonb_agg(one order by tenant_id, id) from app.memberships as one) as memberships,
         (select jsonb_agg(one order by tenant_id, id) from app.roles as one) as roles,
         (select jsonb_agg(one order by tenant_id, id) from app.team_members as one) as places`,
    )
  ).rows[0];

const CHANGES = {
  "somebody's role": () => [
    `update app.memberships set role_id = '${acme.roleIds.viewer}' where id = $1`,
    [acme.colleague.membershipId],
  ],
  "a colleague's suspension": () => [
    "update app.memberships set status = 'suspended' where id = $1",
    [acme.colleague.membershipId],
  ],
  "a colleague's removal": () => [
    "update app.memberships set status = 'removed' where id = $1",
    [acme.colleague.membershipId],
  ],
  "what a role permits": () => [
    "update app.roles set permissions = '{chat,view_analytics}' where id = $1",
    [acme.roleIds.helper],
  ],
  "somebody's coming into a team": () => [
    `insert into app.team_members (team_id, user_id) values ('${team}', $1)`,
    [acme.colleague.userId],
  ],
  "one's own coming into a team": () => [
    `insert into app.team_members (team_id, user_id) select '${team}', $1`,
    [acme.admin.userId],
  ],
  "a team's new lead": () => [
    "update app.team_members set role = 'lead' where id = $1",
    [acme.colleague.teamMemberId],
  ],
} as const satisfies Record<string, () => readonly [string, readonly string[]]>;

const OWNERSHIP = {
  "a new owner": () => [
    "update app.memberships set is_owner = true where id = $1",
    [acme.admin.membershipId],
  ],
  "an owner who stops": () => [
    "update app.memberships set is_owner = false where id = $1",
    [acme.owner.membershipId],
  ],
} as const satisfies Record<string, () => readonly [string, readonly string[]]>;

describe.each(Object.entries({ ...CHANGES, ...OWNERSHIP }))("%s", (_, change) => {
  test("wants a sign-in of the last ten minutes, and changes nothing without", async () => {
    const [sql, values] = change();
    const before = await everything();
    await stale(acme.owner);
    await actingAs(acme.owner)
      .expect(sql, [...values])
      .toBeRefused("RH440");
    expect(await everything()).toEqual(before);
  });

  test("is refused first for a permission that is missing: nobody gives a password for nothing", async () => {
    const [sql, values] = change();
    await stale(acme.viewer);
    const outcome = await actingAs(acme.viewer).attempt(sql, [...values]);
    expect("refusal" in outcome && outcome.refusal.code).toBe("RH403");
  });
});

describe.each(Object.entries(CHANGES))("%s", (_, change) => {
  test("is made with a fresh sign-in, and by a key that has the scope", async () => {
    const [sql, values] = change();
    await stale(acme.admin, 9);
    await actingAs(acme.admin)
      .inVain()
      .expect(sql, [...values])
      .toReach(1);
    // The key's owner did not sign in lately, and need not: who made the key did.
    await stale(acme.admin);
    const scopes = [
      "chat",
      "read_documents",
      "view_analytics",
      "manage_users",
      "manage_roles",
      "manage_teams",
    ];
    const key = await keyOf(acme.admin, scopes);
    await actingAs(key)
      .inVain()
      .expect(sql, [...values])
      .toReach(1);
  });

  test("is not made by a key without the scope, although its owner could", async () => {
    const [sql, values] = change();
    const key = await keyOf(acme.admin, ["chat", "view_analytics"]);
    const before = await everything();
    await actingAs(key)
      .expect(sql, [...values])
      .toBeRefused("RH403");
    expect(await everything()).toEqual(before);
  });
});

describe.each(Object.entries(OWNERSHIP))("%s", (_, change) => {
  test("is never made by a key, also not by an owner's", async () => {
    const [sql, values] = change();
    const all = (await database.admin.query("select array_agg(name) as names from app.permissions")).rows[0];
    const key = await keyOf(acme.owner, all.names);
    const before = await everything();
    await actingAs(key)
      .expect(sql, [...values])
      .toBeRefused("RH403", "owner");
    expect(await everything()).toEqual(before);
  });
});

test("a new owner is made by an owner with a fresh sign-in", async () => {
  const [sql, values] = OWNERSHIP["a new owner"]();
  await actingAs(acme.owner)
    .inVain()
    .expect(sql, [...values])
    .toReach(1);
});

test("what is one's own, and a role's name, wants nothing of the kind", async () => {
  await stale(acme.owner);
  await actingAs(acme.owner)
    .inVain()
    .expect("update app.memberships set display_name = 'Ada' where id = $1", [acme.owner.membershipId])
    .toReach(1);
  await actingAs(acme.owner)
    .inVain()
    .expect("update app.roles set name = 'assistant' where id = $1", [acme.roleIds.helper])
    .toReach(1);
  await actingAs(acme.owner).inVain().expect("insert into app.roles (name) values ('new')").toReach(1);
});

test("who leads a team brings somebody in with a fresh sign-in, and takes them out without", async () => {
  await database.admin.query("update app.team_members set role = 'lead' where id = $1", [
    acme.member.teamMemberId,
  ]);
  const takeOut = "delete from app.team_members where id = $1";
  const bringIn = "insert into app.team_members (team_id, user_id) values ($1, $2)";
  await stale(acme.member);
  await actingAs(acme.member).expect(takeOut, [acme.viewer.teamMemberId]).toReach(1);
  const before = await everything();
  const back = [acme.member.teamId, acme.viewer.userId];
  await actingAs(acme.member).expect(bringIn, back).toBeRefused("RH440");
  expect(await everything()).toEqual(before);
  await stale(acme.member, 9);
  await actingAs(acme.member).expect(bringIn, back).toReach(1);
});

test("who led a team is a member of it again without, and a team is made empty", async () => {
  await stale(acme.owner);
  await actingAs(acme.owner)
    .inVain()
    .expect("update app.team_members set role = 'member' where id = $1", [acme.member.teamMemberId])
    .toReach(1);
  await actingAs(acme.owner).inVain().expect("insert into app.teams (name) values ('Sales')").toReach(1);
});

test("a session that threw its context away, or took another's, is no way round", async () => {
  const before = await everything();
  await stale(acme.owner);
  for (const trick of [
    "set_config('rowhouse.context', '', true) is not null",
    `context.enter(decode('${acme.admin.digest.toString("hex")}', 'hex')) is not null`,
  ]) {
    const outcome = await actingAs(acme.owner).attempt(
      `update app.memberships set is_owner = is_owner or ${trick} where id = $1`,
      [acme.admin.membershipId],
    );
    expect("refusal" in outcome).toBe(true);
  }
  expect(await everything()).toEqual(before);
});
