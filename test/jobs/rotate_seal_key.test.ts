import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { rotateSealKey } from "../../src/jobs/rotate_seal_key.ts";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { jobContext } from "../support/jobs.ts";
import { createTenant, type Member } from "../support/people.ts";

let database: TestDatabase;
let owner: Member;

beforeAll(async () => {
  database = await createDatabase();
  ({ owner } = await createTenant(database));
});
afterAll(() => database.drop());

interface SealKey {
  id: string;
  retired: boolean;
}

async function sealKeys(): Promise<SealKey[]> {
  const { rows } = await database.admin.query<SealKey>(
    "select id, retired_at is not null as retired from context.seal_keys order by created_at",
  );
  return rows;
}

/** The key under which the transaction's context was sealed. */
async function sealedUnder(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query("select left(current_setting('rowhouse.context'), 8) as id");
  return rows[0].id;
}

test("a young key stays", async () => {
  const before = await sealKeys();
  expect(await rotateSealKey(jobContext(database))).toEqual({ rotated: false });
  expect(await sealKeys()).toEqual(before);
});

test("an old key is replaced, once; an open transaction's seal still opens and new ones use the new key", async () => {
  const [old] = await sealKeys();
  const client = await database.app.connect();
  try {
    await client.query("begin");
    await client.query("select context.enter($1)", [owner.digest]);
    expect(await sealedUnder(client)).toBe(old?.id);

    await database.admin.query("update context.seal_keys set created_at = now() - interval '31 days'");
    expect(await rotateSealKey(jobContext(database))).toEqual({ rotated: true });
    expect(await rotateSealKey(jobContext(database))).toEqual({ rotated: false });
    const [retired, fresh, ...more] = await sealKeys();
    expect(retired).toEqual({ id: old?.id, retired: true });
    expect(fresh).toEqual({ id: expect.not.stringMatching(`^${old?.id}$`), retired: false });
    expect(more).toEqual([]);

    const { rows } = await client.query("select slug from app.my_tenant()");
    expect(rows).toHaveLength(1);
    await client.query("commit");

    await client.query("begin");
    await client.query("select context.enter($1)", [owner.digest]);
    expect(await sealedUnder(client)).toBe(fresh?.id);
    await client.query("commit");
  } finally {
    client.release();
  }
});

test("a retired key is kept for an hour, and then forgotten", async () => {
  await retiredAgo("59 minutes");
  expect(await rotateSealKey(jobContext(database))).toEqual({ rotated: false });
  expect(await sealKeys()).toHaveLength(2);

  await retiredAgo("61 minutes");
  expect(await rotateSealKey(jobContext(database))).toEqual({ rotated: false });
  expect(await sealKeys()).toEqual([{ id: expect.any(String), retired: false }]);
  await actors(database.app)(owner).expect("select from app.my_tenant()").toReach(1);
});

test("the trail knows of both keys and holds neither", async () => {
  const { rows } = await database.admin.query(
    `select action, coalesce(new_row, old_row) ->> 'key' as key from audit.events
     where table_name = 'context.seal_keys' and action in ('insert', 'delete') and database_role = 'rowhouse_worker'
     order by id`,
  );
  expect(rows).toEqual([
    { action: "insert", key: "[redacted]" },
    { action: "delete", key: "[redacted]" },
  ]);
});

async function retiredAgo(interval: string): Promise<void> {
  await database.admin.query(
    `update context.seal_keys set retired_at = now() - $1::interval where retired_at is not null`,
    [interval],
  );
}
