import { afterAll, beforeAll, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type GraphQLHouse, startGraphQL } from "../support/graphql.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

let database: TestDatabase;
let acme: TenantFixture;
let api: GraphQLHouse;
beforeAll(async () => {
  database = await createDatabase();
  ({ acme } = await buildTenants(database));
  api = await startGraphQL(database);
});
afterAll(async () => {
  await api.close();
  await database.drop();
});
test("x", async () => {
  const id = acme.member.conversationId;
  const a = await api.ask(acme.owner, `{ auditRecordHistory(record: {table: "app.conversations", id: "${id}"}, first: 5) { nodes { at action actor { displayName } changes } pageInfo { hasNextPage } totalCount }
    auditRecordAsOf(record: {table: "app.conversations", id: "${id}"}, at: "2100-01-01T00:00:00Z") { state row eventId at } }`);
  console.log(JSON.stringify(a.data, null, 1), a.errors);
  for (const s of api.statements.slice(-4)) console.log(s.text, s.values);
  console.log((await database.admin.query("select action, detail from audit.events where action = 'audit.read'")).rows);
  const b = await api.ask(acme.member, `{ auditRecordHistory(record: {table: "app.conversations", id: "${id}"}) { nodes { at } }
    auditRecordAsOf(record: {table: "app.conversations", id: "${id}"}, at: "2100-01-01T00:00:00Z") { state } }`);
  console.log(b.text);
  expect(1).toBe(1);
});
