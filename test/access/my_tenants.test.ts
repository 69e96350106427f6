import { afterAll, beforeAll, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { createGuest } from "../support/guests.ts";
import { createMember, createPerson, createSession, createTenant, type Tenant } from "../support/people.ts";

let database: TestDatabase;
let acme: Tenant;
let globex: Tenant;
let actingAs: ReturnType<typeof actors>;
beforeAll(async () => {
  database = await createDatabase();
  acme = await createTenant(database, { slug: "acme" });
  globex = await createTenant(database, { slug: "globex" });
  actingAs = actors(database.app);
});
afterAll(() => database.drop());

const LIST = "select slug, role, is_owner, status, membership_status, is_current from app.my_tenants()";

test("a person sees all their companies from each of them, the one they are in first, and no other", async () => {
  const person = await createPerson(database);
  const inAcme = await createMember(database, { tenant: acme, role: "admin", person });
  const inGlobex = await createMember(database, { tenant: globex, role: "viewer", person });
  await createTenant(database, { slug: "initech" });
  const listed = (slug: string, role: string, is_current: boolean) => ({
    slug,
    role,
    is_owner: false,
    status: "active",
    membership_status: "active",
    is_current,
  });
  expect(await actingAs(inAcme).rows(LIST)).toEqual([
    listed("acme", "admin", true),
    listed("globex", "viewer", false),
  ]);
  expect(await actingAs(inGlobex).rows(LIST)).toEqual([
    listed("globex", "viewer", true),
    listed("acme", "admin", false),
  ]);
  const nowhere = await createSession(database, person, "acme");
  await database.admin.query("update auth.sessions set tenant_id = null where id = $1", [nowhere.sessionId]);
  expect(await actingAs(nowhere).rows(LIST)).toEqual([
    listed("acme", "admin", false),
    listed("globex", "viewer", false),
  ]);
  expect(await actingAs(acme.owner).rows("select slug, is_owner from app.my_tenants()")).toEqual([
    { slug: "acme", is_owner: true },
  ]);
});

test("a company that is shut, or shuts one out, says so; one that was left is not there", async () => {
  const person = await createPerson(database);
  const inAcme = await createMember(database, { tenant: acme, role: "member", person });
  const inGlobex = await createMember(database, { tenant: globex, role: "member", person });
  const seen = () =>
    actingAs(inAcme).rows(
      "select slug, status, membership_status as mine from app.my_tenants() where not is_current",
    );
  const set = (table: string, id: string, status: string) =>
    database.admin.query(`update app.${table} set status = $2 where id = $1`, [id, status]);
  await set("memberships", inGlobex.membershipId, "suspended");
  expect(await seen()).toEqual([{ slug: "globex", status: "active", mine: "suspended" }]);
  await set("tenants", globex.tenantId, "suspended");
  expect(await seen()).toEqual([{ slug: "globex", status: "suspended", mine: "suspended" }]);
  await set("memberships", inGlobex.membershipId, "removed");
  expect(await seen()).toEqual([]);
  await set("tenants", globex.tenantId, "active");
});

test("a guest sees the one that they visit; an API key does not learn where else its owner works", async () => {
  await database.admin.query("update app.tenants set allows_guests = true where id = $1", [acme.tenantId]);
  const guest = await createGuest(database, acme);
  expect(await actingAs(guest).rows("select slug, role from app.my_tenants()")).toEqual([
    { slug: "acme", role: "guest" },
  ]);
  const digest = Buffer.alloc(32, 7);
  await database.admin.query(
    "insert into auth.api_keys (tenant_id, user_id, name, digest, scopes) values ($1, $2, 'A key', sha256($3), '{chat}')",
    [acme.tenantId, acme.owner.userId, digest],
  );
  await actingAs({ digest }).expect("select app.my_tenants()").toBeRefused("RH403", "session");
  await actingAs(null).expect("select app.my_tenants()").toBeRefused("RH403", "session");
});
