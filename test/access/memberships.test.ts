import { afterAll, beforeAll, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { createMember } from "../support/people.ts";
import { buildTenant, buildTenants, type TenantFixture } from "../support/tenants.ts";

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

const memberships = async () =>
  (await database.admin.query("select * from app.memberships order by tenant_id, id")).rows;

test("everybody sees the colleagues of their tenant, and of them what a colleague should see", async () => {
  for (const person of [acme.owner, acme.admin, acme.member, acme.viewer]) {
    await actingAs(person).expect("select from app.memberships").toReach(5);
  }
  const [row] = await actingAs(acme.viewer).rows("select * from app.memberships limit 1");
  expect(Object.keys(row!)).not.toContain("email");
  await actingAs(acme.viewer).expect("select email from app.users").toReach(1);
});

test("members change the name and picture that colleagues see of them", async () => {
  await actingAs(acme.member)
    .inVain()
    .expect(
      "update app.memberships set display_name = 'Mel', avatar_url = 'https://example.com/mel.png' where id = $1",
      [acme.member.membershipId],
    )
    .toReach(1);
});

test("a picture is https or nothing", async () => {
  for (const url of ["javascript:alert(1)", "http://example.com/x.png", "https://a b"]) {
    await actingAs(acme.member)
      .expect("update app.memberships set avatar_url = $2 where id = $1", [acme.member.membershipId, url])
      .toBeRefused("23514");
  }
});

test("nobody promotes, reinstates or crowns themselves", async () => {
  const before = await memberships();
  const mine = [acme.member.membershipId];
  await actingAs(acme.member)
    .expect(`update app.memberships set role_id = '${acme.roleIds.admin}' where id = $1`, mine)
    .toBeRefused("RH403", "manage_users");
  await actingAs(acme.member)
    .expect("update app.memberships set is_owner = true where id = $1", mine)
    .toBeRefused("RH403", "manage_users");
  await actingAs(acme.admin)
    .expect("update app.memberships set is_owner = true where id = $1", [acme.admin.membershipId])
    .toBeRefused("RH403", "owner");
  expect(await memberships()).toEqual(before);
});

test("nobody borrows the rights they have next door", async () => {
  await database.admin.query(
    "insert into app.roles (tenant_id, name, permissions) values ($1, 'personnel', '{chat,manage_users}')",
    [acme.tenantId],
  );
  const manager = await createMember(database, { tenant: acme, role: "personnel" });
  const before = await memberships();
  // The policy's check reads the context once a statement, at the first row; the trigger reads it at each.
  await actingAs(manager)
    .expect(
      `update app.memberships as target
       set is_owner = wanted.crown and context.enter($1) is not null
       from (values ($2::uuid, false), ($3::uuid, true)) as wanted (id, crown)
       where target.id = wanted.id
       returning context.enter($4)`,
      [globex.owner.digest, acme.colleague.membershipId, manager.membershipId, manager.digest],
    )
    .toBeRefused("RH403", "broken_seal");
  expect(await memberships()).toEqual(before);
});

test("members are told what they lack when they touch a colleague", async () => {
  const before = await memberships();
  await actingAs(acme.member)
    .expect("update app.memberships set status = 'suspended' where id = $1", [acme.colleague.membershipId])
    .toBeRefused("RH403", "manage_users");
  await actingAs(acme.member)
    .expect("update app.memberships set display_name = 'Fool' where id = $1", [acme.colleague.membershipId])
    .toBeRefused("RH403", "manage_users");
  expect(await memberships()).toEqual(before);
});

test("managers of users change the roles and status of colleagues", async () => {
  const id = [acme.colleague.membershipId];
  await actingAs(acme.admin)
    .inVain()
    .expect(`update app.memberships set role_id = '${acme.roleIds.viewer}' where id = $1`, id)
    .toReach(1);
  await actingAs(acme.admin)
    .inVain()
    .expect("update app.memberships set status = 'suspended' where id = $1", id)
    .toReach(1);
});

test("a manager of users gives nothing they do not hold, and touches nobody who holds more", async () => {
  await database.admin.query(
    "insert into app.roles (tenant_id, name, permissions) values ($1, 'people', '{chat,manage_users}')",
    [acme.tenantId],
  );
  const manager = await createMember(database, { tenant: acme, role: "people" });
  const before = await memberships();
  await actingAs(manager)
    .expect(`update app.memberships set role_id = '${acme.roleIds.admin}' where id = $1`, [
      manager.membershipId,
    ])
    .toBeRefused("RH403", "configure_model");
  await actingAs(manager)
    .expect(`update app.memberships set role_id = '${acme.roleIds.helper}' where id = $1`, [
      acme.admin.membershipId,
    ])
    .toBeRefused("RH403", "configure_model");
  await actingAs(manager)
    .expect("update app.memberships set status = 'removed' where id = $1", [acme.admin.membershipId])
    .toBeRefused("RH403", "configure_model");
  expect(await memberships()).toEqual(before);
});

test("an administrator who is no owner cannot touch one", async () => {
  const before = await memberships();
  await actingAs(acme.admin)
    .expect("update app.memberships set status = 'suspended' where id = $1", [acme.owner.membershipId])
    .toBeRefused("RH403", "owner");
  expect(await memberships()).toEqual(before);
});

test("a role of another tenant cannot be given", async () => {
  const before = await memberships();
  await actingAs(acme.owner)
    .expect(`update app.memberships set role_id = '${globex.roleIds.viewer}' where id = $1`, [
      acme.colleague.membershipId,
    ])
    .toBeRefused("23503");
  expect(await memberships()).toEqual(before);
});

test("the last owner stays, whoever asks", async () => {
  const before = await memberships();
  for (const change of ["is_owner = false", "status = 'suspended'", "status = 'removed'"]) {
    await actingAs(acme.owner)
      .expect(`update app.memberships set ${change} where id = $1`, [acme.owner.membershipId])
      .toBeRefused("RH409");
  }
  await actingAs(acme.owner).expect("set transaction isolation level repeatable read").toBeRefused("25001");
  expect(await memberships()).toEqual(before);
});

test("two owners who demote each other at the same time leave one", async () => {
  const tenant = await buildTenant(database, "two-owners");
  await database.admin.query("update app.memberships set is_owner = true where id = $1", [
    tenant.admin.membershipId,
  ]);
  const demote = (who: typeof tenant.owner, whom: typeof tenant.owner) =>
    actingAs(who).attempt("update app.memberships set is_owner = false where id = $1", [whom.membershipId]);
  for (let round = 0; round < 5; round++) {
    const outcomes = await Promise.all([
      demote(tenant.owner, tenant.admin),
      demote(tenant.admin, tenant.owner),
    ]);
    const refusals = outcomes.filter((one) => "refusal" in one);
    expect(refusals).toHaveLength(1);
    expect(["RH409", "RH403"]).toContain(refusals[0]?.refusal.code);
    const owners = await database.admin.query(
      "select from app.memberships where tenant_id = $1 and is_owner and status = 'active'",
      [tenant.tenantId],
    );
    expect(owners.rowCount).toBe(1);
    await database.admin.query("update app.memberships set is_owner = true where id = any($1)", [
      [tenant.owner.membershipId, tenant.admin.membershipId],
    ]);
  }
});

test("under a snapshot that could not see the other's commit, ownership does not change at all", async () => {
  const client = await database.app.connect();
  try {
    await client.query("begin isolation level repeatable read");
    await client.query("select context.enter($1)", [globex.owner.digest]);
    await client.query("update app.memberships set is_owner = false where id = $1", [
      globex.owner.membershipId,
    ]);
    await expect(client.query("commit")).rejects.toMatchObject({ code: "RH400" });
  } finally {
    await client.query("rollback");
    client.release();
  }
});

test("members are not deleted", async () => {
  await actingAs(acme.owner).expect("delete from app.memberships").toBeRefused("42501");
});
