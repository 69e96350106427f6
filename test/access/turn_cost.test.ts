import { afterAll, beforeAll, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";
import { begin } from "../support/turns.ts";

let database: TestDatabase;
let acme: TenantFixture;

beforeAll(async () => {
  database = await createDatabase();
  ({ acme } = await buildTenants(database));
});
afterAll(() => database.drop());

/** A conversation of so many messages, each after the one before. */
async function conversation(messages: number): Promise<string> {
  const client = await database.admin.connect();
  try {
    // Ten thousand rows without a line of the trail for each.
    await client.query("set session_replication_role = replica");
    const { rows } = await client.query(
      "insert into app.conversations (tenant_id, user_id, title) values ($1, $2, 'Long') returning id",
      [acme.tenantId, acme.member.userId],
    );
    await client.query(
      `with line as materialized (select n, uuidv7() as id from generate_series(1, $4::integer) as n)
       insert into app.messages (tenant_id, user_id, conversation_id, id, parent_id, role, content)
       select $1, $2, $3, line.id, lag(line.id) over (order by n),
         case when n % 2 = 1 then 'user' else 'assistant' end, repeat('word ', 40)
       from line`,
      [acme.tenantId, acme.member.userId, rows[0].id, messages],
    );
    return rows[0].id;
  } finally {
    client.release(true);
  }
}

/** Pages that a turn looks at, and the milliseconds that it takes; the fewest of five, which are rolled back. */
async function cost(id: string, history: number): Promise<{ pages: number; ms: number }> {
  const client = await database.app.connect();
  const tries: { pages: number; ms: number }[] = [];
  try {
    for (let time = 0; time < 5; time++) {
      await client.query("begin");
      await client.query("select context.enter($1)", [acme.member.digest]);
      const [sql, values] = begin({ conversation: id, content: "And then?", history_messages: history });
      const { rows } = await client.query(`explain (analyze, buffers, format json) ${sql}`, values);
      const { Plan: plan, "Execution Time": ms } = rows[0]["QUERY PLAN"][0];
      tries.push({ pages: plan["Shared Hit Blocks"] + plan["Shared Read Blocks"], ms });
      await client.query("rollback");
    }
  } finally {
    client.release(true);
  }
  return {
    pages: Math.min(...tries.map(({ pages }) => pages)),
    ms: Math.min(...tries.map(({ ms }) => ms)),
  };
}

test("message 10,000 of a conversation costs what message 10 does, but for the depth of an index", async () => {
  const short = await conversation(10);
  const long = await conversation(10_000);
  await database.admin.query("vacuum analyze app.messages");
  await cost(short, 10);
  const [tenth, last] = [await cost(short, 10), await cost(long, 10)];
  if (process.env.SHOW_COST) console.log({ tenth, last, more: await cost(long, 24) });
  expect(last.pages).toBeLessThanOrEqual(tenth.pages * 1.1);
});
