import { afterAll, beforeAll, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
let actingAs: ReturnType<typeof actors>;

beforeAll(async () => {
  database = await createDatabase({ application: false });
  ({ acme, globex } = await buildTenants(database));
  actingAs = actors(database.app);
});
afterAll(() => database.drop());

const all = async (table: string) =>
  (await database.admin.query(`select * from ${table} order by 1, 2`)).rows;

test("everybody sees the one tenant they are in", async () => {
  for (const person of [acme.owner, acme.admin, acme.member, acme.viewer]) {
    const rows = await actingAs(person).rows<{ slug: string }>("select slug from app.tenants");
    expect(rows).toEqual([{ slug: "acme" }]);
  }
});

test("who holds manage_tenant renames it; nobody changes its slug or status", async () => {
  const before = await all("app.tenants");
  await actingAs(acme.admin).inVain().expect("update app.tenants set name = 'Acme Ltd'").toReach(1);
  await actingAs(acme.member)
    .expect("update app.tenants set name = 'Mine'")
    .toBeRefused("RH403", "manage_tenant");
  for (const column of ["slug", "status", "id", "created_at", "updated_at"]) {
    await actingAs(acme.owner).expect(`update app.tenants set ${column} = ${column}`).toBeRefused("42501");
  }
  expect(await all("app.tenants")).toEqual(before);
});

test("a person sees themselves and changes their name and language, nothing else", async () => {
  const before = await all("app.users");
  const [me] = await actingAs(acme.member).rows("select * from app.users");
  expect(me).toMatchObject({ id: acme.member.userId, email: acme.member.email });
  await actingAs(acme.member)
    .inVain()
    .expect("update app.users set name = 'Mel', locale = 'de-CH'")
    .toReach(1);
  for (const column of ["email", "status", "id"]) {
    await actingAs(acme.member).expect(`update app.users set ${column} = ${column}`).toBeRefused("42501");
  }
  await actingAs(acme.member).expect("update app.users set locale = 'klingon!'").toBeRefused("23514");
  expect(await all("app.users")).toEqual(before);
});

test("nobody sees the address of anybody else, colleague or not", async () => {
  for (const other of [acme.colleague, acme.admin, globex.member]) {
    await actingAs(acme.owner).expect("select from app.users where id = $1", [other.userId]).toReach(0);
    await actingAs(acme.owner).expect("select from app.users where email = $1", [other.email]).toReach(0);
  }
});

test("preferences are set in one call, whether or not there were any, and are nobody else's business", async () => {
  await actingAs(acme.viewer).expect("delete from app.user_preferences").toReach(1);
  const set = (sql: string) => actingAs(acme.viewer).rows(`select language, tone from ${sql}`);
  expect(await set("app.set_my_preferences(tone => 'formal')")).toEqual([{ language: null, tone: "formal" }]);
  expect(await set("app.set_my_preferences(language => 'fr')")).toEqual([{ language: "fr", tone: "formal" }]);
  expect(await set("app.my_preferences()")).toEqual([{ language: "fr", tone: "formal" }]);
  await actingAs(acme.viewer).expect("select app.set_my_preferences(tone => 'rude')").toBeRefused("23514");
  await actingAs(acme.owner).expect("select from app.user_preferences").toReach(1);
});

test("who am I: the tenant, the membership and the permissions of the credential", async () => {
  const [row] = await actingAs(acme.member).rows(
    "select (app.me()).id as me, (app.my_tenant()).id as tenant, (app.my_membership()).id as membership, app.my_permissions() as may",
  );
  expect(row).toEqual({
    me: acme.member.userId,
    tenant: acme.tenantId,
    membership: acme.member.membershipId,
    may: ["chat", "read_documents"],
  });
});
