import { afterAll, beforeAll, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { createMember, type Member } from "../support/people.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
let manager: Member;
let actingAs: ReturnType<typeof actors>;

beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  actingAs = actors(database.app);
  await database.admin.query(
    "insert into app.roles (tenant_id, name, permissions) values ($1, 'keeper', '{chat,manage_roles}')",
    [acme.tenantId],
  );
  manager = await createMember(database, { tenant: acme, role: "keeper" });
});
afterAll(() => database.drop());

const roles = async () => (await database.admin.query("select * from app.roles order by tenant_id, id")).rows;
const add = "insert into app.roles (name, permissions) values ($1, $2) returning *";

test("a role is made of permissions of the catalogue, each once, in order", async () => {
  const [role] = await actingAs(acme.admin)
    .inVain()
    .rows(add, ["support", ["view_all_chats", "chat", "chat"]]);
  expect(role).toMatchObject({
    tenant_id: acme.tenantId,
    built_in: false,
    permissions: ["chat", "view_all_chats"],
  });
});

test("a permission that does not exist is refused, and so is null", async () => {
  const before = await roles();
  await actingAs(acme.admin)
    .expect(add, ["x", ["chat", "fly"]])
    .toBeRefused("RH400");
  await actingAs(acme.admin)
    .expect(add, ["x", [null]])
    .toBeRefused("23514");
  expect(await roles()).toEqual(before);
});

test("nobody makes a role that holds more than they do", async () => {
  const before = await roles();
  await actingAs(manager)
    .expect(add, ["x", ["chat", "view_audit"]])
    .toBeRefused("RH403", "view_audit");
  await actingAs(manager)
    .expect("update app.roles set permissions = '{view_audit}' where name = 'helper'")
    .toBeRefused("RH403", "view_audit");
  expect(await roles()).toEqual(before);
});

test("nobody puts in what they hold next door only", async () => {
  await database.admin.query(
    "insert into app.roles (tenant_id, name, permissions) values ($1, 'one', '{}'), ($1, 'two', '{}')",
    [acme.tenantId],
  );
  const before = await roles();
  // The policy's check reads the context once a statement, at the first row; the trigger reads it at each.
  await actingAs(manager)
    .expect(
      `update app.roles set permissions = case name
         when 'two' then array['view_audit', 'chat' || context.enter($1)] else '{chat}' end
       where name in ('one', 'two')
       returning context.enter($2)`,
      [globex.owner.digest, manager.digest],
    )
    .toBeRefused("RH403", "broken_seal");
  expect(await roles()).toEqual(before);
});

test("a role that holds more than the caller is out of their reach", async () => {
  await database.admin.query(
    "insert into app.roles (tenant_id, name, permissions) values ($1, 'auditor', '{view_audit}')",
    [acme.tenantId],
  );
  const before = await roles();
  await actingAs(manager).expect("update app.roles set permissions = '{}' where name = 'auditor'").toReach(0);
  await actingAs(manager).expect("delete from app.roles where name = 'auditor'").toReach(0);
  expect(await roles()).toEqual(before);
});

test("also for somebody who holds more next door and goes there in the middle of a statement", async () => {
  // So many roles that the planner takes the list first and looks each of them up.
  await database.admin.query(
    "insert into app.roles (tenant_id, name) select $1, 'spare ' || number from generate_series(1, 1000) as number",
    [acme.tenantId],
  );
  await database.admin.query("analyze app.roles");
  const { rows } = await database.admin.query<{ id: string }>(
    "select id from app.roles where tenant_id = $1 and name = 'auditor'",
    [acme.tenantId],
  );
  const before = await roles();
  const client = await database.app.connect();
  try {
    await client.query("begin; set local enable_hashjoin = off; set local enable_mergejoin = off");
    await client.query("select context.enter($1)", [manager.digest]);
    // A built-in role is refused before its permissions are asked for; they are asked for after the move.
    const { rowCount } = await client.query(
      `update app.roles as target
       set permissions = case when context.enter($1) is not null then '{}'::text[] end
       from (
         select id, case when moved then context.enter($2)::text end
         from (values ($3::uuid, false), ($4::uuid, true)) as wanted (id, moved) offset 0
       ) as wanted
       where target.id = wanted.id`,
      [manager.digest, globex.owner.digest, acme.roleIds.admin, rows[0]?.id],
    );
    expect(rowCount).toBe(0);
    await client.query("commit");
  } finally {
    client.release(true);
  }
  expect(await roles()).toEqual(before);
});

test("the built-in roles stay as documented, even for owners", async () => {
  const before = await roles();
  await actingAs(acme.owner).expect("update app.roles set name = 'x' where built_in").toReach(0);
  await actingAs(acme.owner).expect("delete from app.roles where built_in").toReach(0);
  await actingAs(acme.owner)
    .expect("insert into app.roles (name, built_in) values ('x', true)")
    .toBeRefused("42501");
  expect(await roles()).toEqual(before);
});

test("a role that somebody has cannot be removed", async () => {
  const before = await roles();
  await actingAs(acme.owner).expect("delete from app.roles where name = 'keeper'").toBeRefused("23503");
  expect(await roles()).toEqual(before);
});

test("a changed role bites on the very next statement", async () => {
  await actingAs(manager).expect("select from app.my_conversations()").toReach(0);
  await database.admin.query("update app.roles set permissions = '{}' where name = 'keeper'");
  await actingAs(manager)
    .expect("insert into app.conversations (title) values ('x')")
    .toBeRefused("RH403", "chat");
  await database.admin.query(
    "update app.roles set permissions = '{chat,manage_roles}' where name = 'keeper'",
  );
});
