import { afterAll, beforeAll, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { createTenant, type SignUp, signUp, type Tenant } from "../support/people.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

// The tenant is the credential's, whatever else a request says about it.

let database: TestDatabase;
let server: TestServer;
let owner: SignUp;
/** The same person is a member there too. */
let globex: Tenant;

beforeAll(async () => {
  database = await createDatabase();
  server = await startTestServer(database);
  owner = await signUp(server, { tenant: { name: "Acme", slug: "acme" } });
  globex = await createTenant(database, { slug: "globex" });
  await database.admin.query(
    `insert into app.memberships (tenant_id, user_id, role_id, display_name)
     select tenant_id, $2, id, 'Here too' from app.roles where tenant_id = $1 and name = 'admin'`,
    [globex.tenantId, owner.login.user.id],
  );
});
afterAll(async () => {
  await server.close();
  await database.drop();
});

const BEGIN = `mutation { createConversation(input: { conversation: { title: "Where?" } }) { conversation { id } } }`;

/** Begins a conversation with more than the credential in the request, and says where it went. */
async function beginsIn(path: string, more: object, headers: Record<string, string>): Promise<string> {
  const { body } = await server.post(path, { query: BEGIN, ...more }, { ...owner.headers, ...headers });
  if (body.errors) throw new Error(JSON.stringify(body.errors));
  const { rows } = await database.admin.query("select tenant_id from app.conversations where id = $1", [
    body.data.createConversation.conversation.id,
  ]);
  return rows[0].tenant_id;
}

test.each([
  "X-Tenant-Id",
  "X-Tenant",
  "Tenant",
  "Tenant-Id",
  "X-Organization-Id",
  "X-Org-Id",
  "X-Zitadel-Orgid",
  "X-Forwarded-Host",
  "X-Hasura-Tenant-Id",
])("a header %s that names another of one's companies is not looked at", async (header) => {
  for (const value of [globex.tenantId, globex.slug, `${globex.slug}.example`]) {
    expect(await beginsIn("/graphql", {}, { [header]: value })).toBe(owner.login.tenant!.id);
  }
});

test("nor is what the query string, the body, its variables, its extensions or a cookie say", async () => {
  const names = ["tenant", "tenant_id", "tenantId", "organization", "org_id"];
  const claims = Object.fromEntries(names.map((name) => [name, globex.tenantId]));
  const acme = owner.login.tenant!.id;
  expect(await beginsIn("/graphql", { variables: claims }, {})).toBe(acme);
  expect(await beginsIn("/graphql", { extensions: claims }, {})).toBe(acme);
  const cookie = names.map((name) => `${name}=${globex.tenantId}`).join("; ");
  expect(await beginsIn("/graphql", {}, { Cookie: cookie })).toBe(acme);
  expect(await beginsIn(`/graphql?${new URLSearchParams(claims)}`, {}, {})).toBe(acme);
  const { rows } = await database.admin.query("select from app.conversations where tenant_id = $1", [
    globex.tenantId,
  ]);
  expect(rows).toEqual([]);
});
