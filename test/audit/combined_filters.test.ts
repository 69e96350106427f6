import { afterAll, beforeAll, expect, test } from "vitest";
import { isScan, rowsReadBy } from "../../src/development/query_plans.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type GraphQLHouse, startGraphQL } from "../support/graphql.ts";
import { planOf } from "../support/plans.ts";
import { buildTenant, type TenantFixture } from "../support/tenants.ts";

// Two filters at once, of which one alone finds nearly all of a month and the other hardly anything.

const EVENTS = 30_000;

let database: TestDatabase;
let acme: TenantFixture;
let api: GraphQLHouse;
beforeAll(async () => {
  database = await createDatabase();
  acme = await buildTenant(database, "acme");
  api = await startGraphQL(database);
  await database.admin.query("select audit.create_partition(date '2020-01-15')");
  await database.admin.query(
    `insert into audit.events (tenant_id, at, action, severity, table_name, row_key, row_id, new_row, actor_kind, actor_id, request_id)
     select $1, timestamptz '2020-01-01' + interval '1 minute' * n, 'insert', 'informational', 'app.messages', '{}', n, '{}',
       'session', $2, 'request ' || n / 3
     from generate_series(1, $3) as n`,
    [acme.tenantId, acme.member.userId, EVENTS],
  );
  await database.admin.query("vacuum analyze audit.events");
});
afterAll(async () => {
  await api.close();
  await database.drop();
});

test.each([
  ["a request and an action", `requestId: {equalTo: "request 7"}, action: {equalTo: "insert"}`, 3],
  ["a request and a kind", `requestId: {equalTo: "request 7"}, actorKind: {equalTo: SESSION}`, 3],
  ["a record and an action", `record: {table: "app.messages", id: "9"}, action: {equalTo: "insert"}`, 1],
  ["an actor and an action that they never did", 'ACTOR, action: {equalTo: "read"}', 0],
  [
    "a kind and an action that nobody did",
    `actorKind: {equalTo: SESSION}, action: {equalTo: "chat.exported"}`,
    0,
  ],
  ["an action and a kind that nobody was", `actorKind: {equalTo: GUEST}, action: {equalTo: "insert"}`, 0],
])("%s are found without looking through what one of them finds", async (_, filter, found) => {
  const given = filter.replace("ACTOR", `actorId: {equalTo: "${acme.member.userId}"}`);
  for (const order of ["AT_ASC", "AT_DESC"]) {
    api.statements.length = 0;
    const { data, errors } = await api.ask(
      acme.owner,
      `{ auditEvents(first: 20, orderBy: ${order}, filter: {${given}, at: {lessThan: "2021-01-01T00:00:00Z"}}) { nodes { id } } }`,
    );
    expect(errors).toEqual([]);
    expect(data.auditEvents.nodes).toHaveLength(found);
    for (const statement of api.statements.splice(0)) {
      const scans = (await planOf(database, acme.owner, statement)).filter(isScan);
      expect(Math.max(...scans.map(rowsReadBy)), given).toBeLessThan(50);
    }
  }
});

test("the planner knows how many values there usually are, and none of them", async () => {
  const known = async () =>
    (
      await database.admin.query(
        `select attname, n_distinct, coalesce(most_common_vals::text, histogram_bounds::text) as values
         from pg_stats where schemaname = 'audit' and tablename = 'events_2020_01'
           and attname in ('action', 'severity', 'actor_kind', 'table_name', 'row_id', 'request_id') order by 1`,
      )
    ).rows;
  const constants = [
    { attname: "action", n_distinct: 500, values: null },
    { attname: "actor_kind", n_distinct: 6, values: null },
    { attname: "request_id", n_distinct: expect.closeTo(-0.2), values: null },
    { attname: "row_id", n_distinct: expect.closeTo(-0.2), values: null },
    { attname: "severity", n_distinct: 5, values: null },
    { attname: "table_name", n_distinct: 20, values: null },
  ];
  expect(await known()).toEqual(constants);
  await database.admin.query("analyze audit.events_2020_01");
  expect(await known()).toEqual(constants);
});
