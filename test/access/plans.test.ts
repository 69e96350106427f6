import { afterAll, beforeAll, expect, test } from "vitest";
import { nodesOf, type PlanNode } from "../../src/development/query_plans.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { buildTenant, type TenantFixture, type TenantMember } from "../support/tenants.ts";

const CONVERSATIONS = 1_000_000;

let database: TestDatabase;
let acme: TenantFixture;

/** A tenant with a million conversations of two thousand members; some are those of the two tenants' people. */
beforeAll(async () => {
  database = await createDatabase();
  acme = await buildTenant(database, "acme");
  const client = await database.admin.connect();
  try {
    await client.query("begin");
    // Only the shape of the plan is looked at here, so a million rows come without their trail.
    await client.query("set local session_replication_role = replica");
    await client.query(
      `insert into app.users (id, email, name)
       select uuidv7(), 'member' || n || '@example.com', 'Member ' || n from generate_series(1, 2000) as n`,
    );
    await client.query(
      `insert into app.memberships (tenant_id, user_id, role_id, display_name)
       select $1, id, $2, name from app.users where email like 'member%@example.com'`,
      [acme.tenantId, acme.roleIds.member],
    );
    await client.query(
      `insert into app.conversations (tenant_id, user_id, title)
       select $1, member.user_id, 'Number ' || n
       from generate_series(1, $2::integer / 2000) as n cross join app.memberships as member
       where member.display_name like 'Member %'`,
      [acme.tenantId, CONVERSATIONS],
    );
    await client.query("commit");
  } finally {
    await client.query("rollback");
    client.release();
  }
  await database.admin.query("vacuum analyze app.conversations");
}, 120_000);
afterAll(() => database.drop());

/** Every node of the plan that a query takes inside the door, the outermost first. */
async function plan(person: TenantMember, sql: string): Promise<PlanNode[]> {
  const client = await database.app.connect();
  try {
    await client.query("begin");
    await client.query("select context.enter($1)", [person.digest]);
    const { rows } = await client.query(`explain (analyze, format json) ${sql}`);
    return nodesOf(rows[0]["QUERY PLAN"][0].Plan);
  } finally {
    await client.query("rollback");
    client.release();
  }
}

/** How many rows of conversations a plan looked at to find its own. */
const touched = (nodes: PlanNode[]): number =>
  Math.max(
    ...nodes
      .filter((node) => /Scan/.test(node["Node Type"]))
      .map((node) => node["Actual Rows"] + (node["Rows Removed by Filter"] ?? 0)),
  );

test("members list their own conversations among a million by the index, newest first, without a sort", async () => {
  const nodes = await plan(acme.member, "select * from app.my_conversations() order by id desc limit 50");
  const scan = nodes.find((node) => node["Index Name"]);
  expect(scan?.["Index Name"]).toBe("conversations_tenant_id_user_id_id_key");
  expect(scan?.["Index Cond"]).toMatch(/tenant_id = .* AND .*user_id = /);
  const kinds = nodes.map((node) => node["Node Type"]);
  expect(kinds).not.toContain("Sort");
  expect(kinds).not.toContain("Seq Scan");
  expect(touched(nodes)).toBeLessThan(100);
});

test("so does a list that names its user", async () => {
  const nodes = await plan(
    acme.member,
    `select * from app.conversations where user_id = '${acme.member.userId}' order by id desc limit 50`,
  );
  expect(nodes.find((node) => node["Index Name"])?.["Index Name"]).toBe(
    "conversations_tenant_id_user_id_id_key",
  );
  expect(touched(nodes)).toBeLessThan(100);
});

test("the plain list stays in the tenant's part of an index: the wall stands before every other condition", async () => {
  for (const person of [acme.member, acme.admin, acme.viewer]) {
    const nodes = await plan(person, "select * from app.conversations order by id desc limit 50");
    const scan = nodes.find((node) => node["Index Name"]);
    expect(scan?.["Index Name"]).toBe("conversations_pkey");
    expect(scan?.["Index Cond"]).toMatch(/^\(tenant_id = \(InitPlan \d\)\.col1\)$/);
    const kinds = nodes.map((node) => node["Node Type"]);
    expect(kinds).not.toContain("Sort");
    expect(kinds).not.toContain("Seq Scan");
  }
});

test("administrators page through the million without looking at more than the page", async () => {
  const nodes = await plan(acme.admin, "select * from app.conversations order by id desc limit 50");
  expect(touched(nodes)).toBeLessThan(100);
});

test("one conversation is found by its key", async () => {
  const nodes = await plan(
    acme.admin,
    `select * from app.conversations where id = '${acme.member.conversationId}'`,
  );
  const scan = nodes.find((node) => node["Index Name"]);
  expect(scan?.["Index Cond"]).toContain("id = ");
  expect(touched(nodes)).toBe(1);
});
