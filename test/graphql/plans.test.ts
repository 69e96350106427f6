import type pg from "pg";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openDoorPool } from "../../src/database/pool.ts";
import { PLANNING } from "../../src/database/session_settings.ts";
import { isScan, type PlanNode, pagesReadBy, rowsReadBy } from "../../src/development/query_plans.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type GraphQLHouse, startGraphQL } from "../support/graphql.ts";
import { planOf } from "../support/plans.ts";
import { buildTenant, type TenantFixture } from "../support/tenants.ts";

// The plans of the very statements that the API sends for its lists: they begin at an index and end at the page's limit,
// whatever is in the tenant, whoever asks, and whatever the planner believes. Plans are looked at, not clocks.

const SIZES = { small: 10, middling: 10_000, large: 200_000 } as const;
type Size = keyof typeof SIZES;

const PAGE = 10;
/** Pages of the database that a scan of one row may read; the large tenant's indexes have thousands. */
const PAGES = 60;

let database: TestDatabase;
let api: GraphQLHouse;
const tenants = {} as Record<Size, TenantFixture>;

/** Nobody has more colleagues, or roles for them, than this. */
const MOST_PEOPLE = 50_000;

/** Everything that a tenant can have many of, so many times. Triggers are off: the rows matter, not how they came. */
async function furnish(client: pg.ClientBase, tenant: TenantFixture, rows: number): Promise<void> {
  const given = [tenant.tenantId, tenant.member.userId, rows];
  await client.query(
    `insert into app.memberships (tenant_id, user_id, role_id, display_name)
     select $1, uuidv7(), $2, n from generate_series(1, $3) as n`,
    [tenant.tenantId, tenant.roleIds.member, Math.min(rows, MOST_PEOPLE)],
  );
  await client.query(
    "insert into app.roles (tenant_id, name) select $1, 'role ' || n from generate_series(1, $2) as n",
    [tenant.tenantId, Math.min(rows, MOST_PEOPLE)],
  );
  await client.query(
    `insert into app.invitations (tenant_id, email, role_id, invited_by, expires_at)
     select $1, 'guest' || n || '@example.com', $2, $3, now() + interval '7 days' from generate_series(1, $4) as n`,
    [tenant.tenantId, tenant.roleIds.member, tenant.owner.userId, Math.min(rows, MOST_PEOPLE)],
  );
  await client.query(
    `insert into app.domains (tenant_id, domain, role_id)
     select $1, 'd' || n || '.example', $2 from generate_series(1, $3) as n`,
    [tenant.tenantId, tenant.roleIds.member, Math.min(rows, MOST_PEOPLE)],
  );
  await client.query(
    "insert into app.teams (tenant_id, name) select $1, 'team ' || n from generate_series(1, $2) as n",
    [tenant.tenantId, Math.min(rows, MOST_PEOPLE)],
  );
  // Many in the team that everybody is in, and many places of the member's, as nobody really has.
  await client.query(
    `insert into app.team_members (tenant_id, team_id, user_id)
     select $1, case when n % 5 < 2 then $2::uuid else uuidv7() end, case when n % 5 = 2 then $3::uuid else uuidv7() end
     from generate_series(1, $4) as n`,
    [tenant.tenantId, tenant.member.teamId, tenant.colleague.userId, Math.min(rows, MOST_PEOPLE)],
  );
  await client.query(
    `insert into app.grants (tenant_id, user_id, permission, reason, granted_by, ends_at)
     select $1, case when n % 5 < 2 then $2::uuid else uuidv7() end, 'chat', n, $3, now() + interval '1 day'
     from generate_series(1, $4) as n`,
    [tenant.tenantId, tenant.colleague.userId, tenant.owner.userId, Math.min(rows, MOST_PEOPLE)],
  );
  await client.query(
    `insert into app.webhook_endpoints (tenant_id, url)
     select $1, 'https://hooks.example/' || n from generate_series(1, $2) as n`,
    [tenant.tenantId, Math.min(rows, MOST_PEOPLE)],
  );
  // Two in five are the member's own, the others nobody's that asks.
  await client.query(
    `insert into app.conversations (tenant_id, user_id, title, updated_at, team_id)
     select $1, case when n % 5 < 2 then $2::uuid else uuidv7() end, n, now() - ($3 - n) * interval '1 second',
       case when n % 5 = 2 then $4::uuid end
     from generate_series(1, $3) as n`,
    [...given, tenant.member.teamId],
  );
  await client.query(
    `insert into app.messages (tenant_id, user_id, conversation_id, content)
     select $1, $2, $4, n from generate_series(1, $3) as n`,
    [...given, tenant.member.conversationId],
  );
  // Two in five are the member's own, as with conversations.
  await client.query(
    `insert into app.usage_events (tenant_id, turn_id, user_id, generator, model, outcome, created_at)
     select $1, uuidv7(), case when n % 5 < 2 then $2::uuid else uuidv7() end, 'model', 'm', 'complete',
       now() - ($3 - n) * interval '1 second'
     from generate_series(1, $3) as n`,
    given,
  );
  await client.query(
    `insert into audit.events (tenant_id, at, action, severity, table_name, row_key, row_id, new_row, actor_kind, actor_id, request_id)
     select $1, now() - ($3 - n) * interval '1 second', 'insert',
       case when n % 100 > 0 then 'informational' else (array['low', 'medium', 'high', 'critical'])[1 + n / 100 % 4] end,
       'app.messages', '{}', n % 7, '{}', 'session',
       case when n % 5 < 2 then $2::uuid end, 'request ' || n % 7
     from generate_series(1, $3) as n`,
    given,
  );
  await client.query(
    `insert into app.webhook_deliveries (tenant_id, endpoint_id, type, data, state, settled_at, next_attempt_at)
     select $1, case when n % 5 < 2 then $2::uuid else uuidv7() end, 'role.changed', '{}',
       case when n % 100 > 0 then 'delivered' else 'dead' end, now(), null
     from generate_series(1, $3) as n`,
    [tenant.tenantId, tenant.member.webhookEndpointId, rows],
  );
}

beforeAll(async () => {
  database = await createDatabase();
  for (const size of Object.keys(SIZES) as Size[]) tenants[size] = await buildTenant(database, size);
  const client = await database.admin.connect();
  try {
    await client.query("set session_replication_role = replica");
    for (const size of Object.keys(SIZES) as Size[]) await furnish(client, tenants[size], SIZES[size]);
  } finally {
    client.release(true);
  }
  api = await startGraphQL(database);
}, 480_000);
afterAll(async () => {
  await api.close();
  await database.drop();
});

/**
 * What the planner believes of a tenant, from nothing at all to the worst: that it is one of two thousand like it, and each
 * of its members has one row. context.plan_for_largest() keeps `analyze` from saying so, and is undone for it.
 */
const beliefs: Readonly<Record<string, readonly string[]>> = {
  "nothing about it": [],
  "what it was told by analyze": ["analyze"],
  "that a tenant is small": [
    ...[
      "app.memberships",
      "app.invitations",
      "app.domains",
      "app.roles",
      "app.teams",
      "app.team_members",
      "app.grants",
      "app.webhook_endpoints",
      "app.conversations",
      "app.messages",
      "app.usage_events",
      "app.webhook_deliveries",
    ].map((table) => `alter table ${table} alter column tenant_id set (n_distinct = 2000)`),
    "alter table audit.events alter column tenant_id set (n_distinct_inherited = 2000)",
    ...[
      "app.memberships",
      "app.team_members",
      "app.grants",
      "app.conversations",
      "app.messages",
      "app.usage_events",
    ].map((table) => `alter table ${table} alter column user_id set (n_distinct = -1)`),
    "analyze",
  ],
};

/** Every list, in every order that it offers and with every filter, as the fields of a query. */
function lists(tenant: TenantFixture): Record<string, string[]> {
  const member = tenant.member;
  const orders = (names: string[]) => names.flatMap((name) => [`${name}_ASC`, `${name}_DESC`]);
  const filtered = (filters: string[], names: string[]) =>
    orders(names).flatMap((order) =>
      ["", ...filters.map((filter) => `, filter: {${filter}}`)].map((filter) => `orderBy: ${order}${filter}`),
    );
  return {
    conversations: filtered([`userId: {equalTo: "${member.userId}"}`], ["ID", "UPDATED_AT"]),
    myConversations: orders(["ID", "UPDATED_AT"]).map((order) => `orderBy: ${order}`),
    memberships: filtered(
      [`roleId: {equalTo: "${tenant.roleIds.member}"}`, "status: {equalTo: ACTIVE}"],
      ["ID"],
    ),
    invitations: filtered(
      [`roleId: {equalTo: "${tenant.roleIds.member}"}`, "status: {equalTo: PENDING}"],
      ["ID"],
    ),
    domains: filtered([], ["ID"]),
    roles: filtered([], ["ID", "NAME"]),
    teams: filtered([], ["ID", "NAME"]),
    [`team(id: "${member.teamId}") members`]: orders(["ID"]).map((order) => `orderBy: ${order}`),
    [`membershipByUserId(userId: "${tenant.colleague.userId}") teams`]: orders(["ID"]).map(
      (order) => `orderBy: ${order}`,
    ),
    teamConversations: orders(["ID", "UPDATED_AT"]).map(
      (order) => `orderBy: ${order}, teamId: "${member.teamId}"`,
    ),
    grants: filtered([`userId: {equalTo: "${tenant.colleague.userId}"}`], ["ID"]),
    usageEvents: filtered(
      [
        `userId: {equalTo: "${member.userId}"}`,
        `createdAt: {lessThan: "2100-01-01T00:00:00Z", greaterThan: "2000-01-01T00:00:00Z"}`,
      ],
      ["CREATED_AT"],
    ),
    permissions: filtered([], ["NAME"]),
    webhookDeliveries: filtered(
      [`endpointId: {equalTo: "${member.webhookEndpointId}"}`, "state: {equalTo: DEAD}"],
      ["ID"],
    ),
    webhookEndpoints: filtered([], ["ID"]),
    webhookEventTypes: filtered([], ["NAME"]),
    auditEvents: filtered(
      [
        `action: {equalTo: "insert"}`,
        `record: {table: "app.messages", id: "3"}`,
        `actorId: {equalTo: "${member.userId}"}`,
        "actorKind: {equalTo: SESSION}",
        // Daily work is what one reads by the time anyway, with the little that is graver left out.
        "severity: {equalTo: MEDIUM}",
        "severity: {in: [HIGH, CRITICAL]}",
        `requestId: {equalTo: "request 3"}`,
        `at: {lessThan: "2100-01-01T00:00:00Z", greaterThan: "2000-01-01T00:00:00Z"}`,
      ],
      ["AT"],
    ),
    [`conversation(id: "${member.conversationId}") messages`]: orders(["ID"]).map(
      (order) => `orderBy: ${order}`,
    ),
    [`role(id: "${tenant.roleIds.member}") memberships`]: orders(["ID"]).map((order) => `orderBy: ${order}`),
  };
}

/** What hangs on rows that only some may see: an endpoint, and what somebody else was granted. */
function listsOfManagers({ member, colleague }: TenantFixture): Record<string, string[]> {
  const orders = ["ID_ASC", "ID_DESC"];
  return {
    [`webhookEndpoint(id: "${member.webhookEndpointId}") deliveries`]: orders.flatMap((order) =>
      ["", ", filter: {state: {equalTo: DEAD}}"].map((filter) => `orderBy: ${order}${filter}`),
    ),
    [`membershipByUserId(userId: "${colleague.userId}") grants`]: orders.map((order) => `orderBy: ${order}`),
  };
}

/** The most rows that one scan of a plan looked at. */
const touched = (nodes: readonly PlanNode[]): number => Math.max(0, ...nodes.filter(isScan).map(rowsReadBy));

/** Asks for a page and looks at the plans of what that ran. */
async function checkPage(person: { digest: Buffer }, list: string, given: string): Promise<string | null> {
  const [, parent = "", field = list] = /^(\w+\(.*\)) (\w+)$/.exec(list) ?? [];
  const key = ["permissions", "webhookEventTypes"].includes(field) ? "name" : "id";
  const asked = `${field}(${given}) { edges { cursor node { ${key} } } pageInfo { hasNextPage hasPreviousPage } }`;
  api.statements.length = 0;
  const { data, errors } = await api.ask(person, parent ? `{ ${parent} { ${asked} } }` : `{ ${asked} }`);
  expect(errors, `${list}(${given})`).toEqual([]);
  for (const statement of api.statements.splice(0)) {
    const nodes = await planOf(database, person, statement);
    const sorts = nodes.filter((node) => /Sort/.test(node["Node Type"]));
    if (sorts.length > 0 || touched(nodes) > 3 * PAGE) {
      throw new Error(
        `${list}(${given}) touched ${touched(nodes)} rows: ${JSON.stringify(nodes.map((node) => node["Node Type"]))}`,
      );
    }
  }
  const connection = parent ? data[parent.replace(/\(.*/, "")][field] : data[field];
  return connection.edges[Math.floor(PAGE / 2)]?.cursor ?? null;
}

test("connections for callers plan without what collects first, whatever their role chose for itself", async () => {
  const pool = openDoorPool(
    { connectionString: database.appUrl, max: 1, statementTimeout: 1_000 },
    pino({ level: "silent" }),
  );
  try {
    for (const setting of Object.keys(PLANNING)) {
      const { rows } = await pool.query("select setting, source from pg_settings where name = $1", [setting]);
      expect(rows).toEqual([{ setting: "off", source: "client" }]);
    }
  } finally {
    await pool.close();
  }
});

describe.each(Object.entries(beliefs))("where the planner believes %s", (_, statements) => {
  beforeAll(async () => {
    for (const statement of statements) await database.admin.query(statement);
  }, 240_000);

  describe.each(Object.keys(SIZES) as Size[])("and the tenant is %s", (size) => {
    test.each(["admin", "member"] as const)(
      "every list of the API costs the %s a page, not the tenant",
      async (role) => {
        const person = tenants[size][role];
        const asked = {
          ...lists(tenants[size]),
          ...(role === "admin" ? listsOfManagers(tenants[size]) : {}),
        };
        for (const [list, orders] of Object.entries(asked)) {
          for (const given of orders) {
            const cursor = await checkPage(person, list, `first: ${PAGE}, ${given}`);
            await checkPage(person, list, `last: ${PAGE}, ${given}`);
            if (!cursor) continue;
            await checkPage(person, list, `first: ${PAGE}, after: "${cursor}", ${given}`);
            await checkPage(person, list, `last: ${PAGE}, before: "${cursor}", ${given}`);
          }
        }
      },
      120_000,
    );
  });
});

describe("where the planner takes every tenant for the largest, as ours does", () => {
  beforeAll(async () => {
    // What the last belief took away.
    for (const table of [
      "app.memberships",
      "app.invitations",
      "app.domains",
      "app.roles",
      "app.teams",
      "app.team_members",
      "app.grants",
      "app.webhook_endpoints",
      "app.conversations",
      "app.messages",
      "app.usage_events",
      "app.webhook_deliveries",
      "audit.events",
    ]) {
      await database.admin.query("select context.plan_for_largest($1, 'tenant_id')", [table]);
    }
    for (const table of ["app.memberships", "app.team_members", "app.grants", "app.usage_events"]) {
      await database.admin.query(`alter table ${table} alter column user_id reset (n_distinct)`);
    }
    for (const table of ["app.conversations", "app.messages"]) {
      await database.admin.query("select context.plan_for_largest($1, 'user_id')", [table]);
    }
    await database.admin.query("analyze");
  }, 240_000);

  const people = (Object.keys(SIZES) as Size[]).flatMap((size) =>
    (["admin", "member"] as const).map((role) => [role, size] as const),
  );

  test.each(people)(
    "one column of a row costs the %s of the %s tenant that row, not an index",
    async (role, size) => {
      const { [role]: person, member } = tenants[size];
      for (const row of [
        `conversation(id: "${member.conversationId}") { updatedAt }`,
        `message(id: "${member.messageId}") { conversationId }`,
        `membershipByUserId(userId: "${member.userId}") { roleId }`,
        `auditEvent(id: "01900000-0000-7000-8000-000000000000") { action }`,
      ]) {
        api.statements.length = 0;
        await api.ask(person, `{ ${row} }`);
        for (const statement of api.statements.splice(0)) {
          const scans = (await planOf(database, person, statement)).filter(isScan);
          expect(Math.max(0, ...scans.map(pagesReadBy)), row).toBeLessThan(PAGES);
        }
      }
    },
  );

  test.each(people)(
    "whom a page's rows belong to costs the %s of the %s tenant a page",
    async (role, size) => {
      const person = tenants[size][role];
      for (const page of [
        `conversations(first: ${PAGE}) { nodes { title member { displayName role { name } } messages(first: 1) { nodes { content } } } }`,
        `memberships(first: ${PAGE}) { nodes { displayName role { name } user { name } } }`,
        `auditEvents(first: ${PAGE}) { nodes { action actor { displayName role { name } } } }`,
      ]) {
        api.statements.length = 0;
        expect((await api.ask(person, `{ ${page} }`)).errors).toEqual([]);
        const statements = api.statements.splice(0);
        // What is looked up by keys in a JSON text is looked up in all of the tenant.
        expect(statements.filter(({ text }) => text.includes("json_array_elements"))).toEqual([]);
        for (const statement of statements) {
          expect(touched(await planOf(database, person, statement)), page).toBeLessThanOrEqual(3 * PAGE);
        }
      }
    },
  );
});
