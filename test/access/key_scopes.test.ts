import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { createMember } from "../support/people.ts";
import {
  addDocuments,
  buildVisitedTenants,
  tryMatrix,
  type VisitedTenant,
  WHO,
} from "../support/policy_matrix.ts";
import { addRows, type TenantMember } from "../support/tenants.ts";

// The scopes of a key hold everywhere: whatever an administrator's key is tried on, it reaches no more than somebody whose
// role is made of those scopes. Every table, every command, one's own rows, a colleague's and those of another tenant.

let database: TestDatabase;
let acme: VisitedTenant;
let globex: VisitedTenant;
beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildVisitedTenants(database));
});
afterAll(() => database.drop());

/** An administrator who comes with a key of theirs. */
async function withKey(scopes: readonly string[]): Promise<TenantMember> {
  const secret = randomBytes(32);
  const digest = createHash("sha256").update(secret).digest();
  await database.admin.query(
    `insert into auth.api_keys (tenant_id, user_id, name, digest, scopes) values ($1, $2, 'Scoped', sha256($3), $4)`,
    [acme.tenantId, acme.admin.userId, digest, scopes],
  );
  return { ...acme.admin, digest };
}

/** Somebody signed in whose role is made of these permissions. */
async function withRole(name: string, permissions: readonly string[]): Promise<TenantMember> {
  await database.admin.query("insert into app.roles (tenant_id, name, permissions) values ($1, $2, $3)", [
    acme.tenantId,
    name,
    permissions,
  ]);
  const person = await createMember(database, { tenant: acme, role: name });
  const furnished = await addRows(database, person);
  // With a link to the conversation that they have now.
  await addDocuments(database.admin, person.userId);
  return furnished;
}

test.each([
  ["nothing", []],
  ["chat", ["chat"]],
  ["view_audit and view_all_chats", ["view_all_chats", "view_audit"]],
  ["manage_users", ["manage_users"]],
  ["manage_teams", ["chat", "manage_teams"]],
])("an administrator's key for %s reaches no more than a role of that", async (name, scopes) => {
  const [key, person] = [await withKey(scopes), await withRole(`only ${name}`, scopes)];
  const lines = await tryMatrix(database.app, { ...acme, admin: key, member: person }, globex);
  const [byKey, byRole] = [WHO.indexOf("admin"), WHO.indexOf("member")];
  const more = lines
    .filter((line) => line.cells[byKey] === "yes" && line.cells[byRole] !== "yes")
    .map((line) => `${line.table}: ${line.attempt}: ${line.cells[byRole]}`);
  expect(more).toEqual([]);
});
