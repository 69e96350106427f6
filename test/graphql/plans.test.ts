import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { inDoor } from "../../src/database/door.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { buildHouse, type House } from "../support/street.ts";

// The shape of plans, not their time: with the ways out shut, PostgreSQL takes an index wherever one serves.

let database: TestDatabase;
let acme: House;

beforeAll(async () => {
  database = await createDatabase();
  acme = await buildHouse(database, "acme");
});
afterAll(() => database.drop());

function planOf(person: { digest: Buffer }, sql: string): Promise<string> {
  const caller = {
    credential: person.digest,
    facts: { request_id: "plan", ip: "192.0.2.1", user_agent: null },
  };
  return inDoor(database.app, caller, async (transaction) => {
    for (const way of ["enable_seqscan", "enable_bitmapscan", "enable_sort"]) {
      await transaction.run({ text: `set local ${way} = off` });
    }
    const { rows }: pg.QueryResult = await transaction.run({ text: `explain (costs off) ${sql}` });
    return rows.map((row) => row["QUERY PLAN"]).join("\n");
  });
}

test.each(["id", "id desc", "at", "at desc"])(
  "a page of the trail by %s comes off an index, unsorted",
  async (order) => {
    const plan = await planOf(acme.owner, `select action from app.audit_events order by ${order} limit 50`);
    expect(plan).toContain("Merge Append");
    expect(plan).toMatch(/Index Scan (Backward )?using events_\d+/);
    expect(plan).toMatch(/Index Cond: \(tenant_id = \(InitPlan \d+\)\.col1\)/);
    expect(plan).not.toMatch(/Seq Scan|Subquery Scan|-> +(Incremental )?Sort\b/);
  },
);

test("a page of messages is read by its conversation's index", async () => {
  const plan = await planOf(
    acme.owner,
    `select content from app.messages where user_id = '${acme.member.userId}'
       and conversation_id = '${acme.member.conversationId}' order by id limit 50`,
  );
  expect(plan).toMatch(/Index Scan using messages_(by|in)_conversation/);
  expect(plan).not.toContain("Seq Scan");
});
