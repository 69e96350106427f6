import { afterAll, beforeAll, expect, test } from "vitest";
import { createAuditPartitions } from "../../src/jobs/create_audit_partitions.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { jobContext } from "../support/jobs.ts";
import { createTenant } from "../support/people.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

/** `events_2027_04` for the month so many months from now, in UTC. */
async function partition(monthsAhead: number): Promise<string> {
  const { rows } = await database.admin.query(
    `select 'events_' || to_char((now() at time zone 'UTC') + $1 * interval '1 month', 'YYYY_MM') as name`,
    [monthsAhead],
  );
  return rows[0].name;
}

async function partitions(): Promise<string[]> {
  const { rows } = await database.admin.query<{ name: string }>(
    `select relname as name from pg_inherits join pg_class on pg_class.oid = inhrelid
     where inhparent = 'audit.events'::regclass order by relname collate "C"`,
  );
  return rows.map(({ name }) => name);
}

test("missing months are made, once: this one and the next three", async () => {
  const months = await Promise.all([0, 1, 2, 3].map(partition));
  for (const month of [months[1], months[3]]) {
    await database.admin.query(`drop table audit.${month}`);
  }
  expect(await createAuditPartitions(jobContext(database))).toEqual({ created: 2 });
  expect(await partitions()).toEqual([...months, "events_default"]);
  expect(await createAuditPartitions(jobContext(database))).toEqual({ created: 0 });
  expect(await partitions()).toEqual([...months, "events_default"]);
});

test("workers that make them at the same time take turns", async () => {
  for (let round = 0; round < 5; round++) {
    const [next, last] = [await partition(2), await partition(3)];
    await database.admin.query(`drop table audit.${next}; drop table audit.${last}`);
    const made = await Promise.all([1, 2, 3, 4].map(() => createAuditPartitions(jobContext(database))));
    expect(made.toSorted((one, other) => Number(one.created) - Number(other.created))).toEqual([
      { created: 0 },
      { created: 0 },
      { created: 0 },
      { created: 2 },
    ]);
  }
});

test("what happens this month lands in this month's partition, not in the default one", async () => {
  const { tenantId } = await createTenant(database);
  const { rows } = await database.admin.query(
    "select distinct tableoid::regclass::text as partition from audit.events where tenant_id = $1",
    [tenantId],
  );
  expect(rows).toEqual([{ partition: `audit.${await partition(0)}` }]);
});

test("each month begins and ends at midnight UTC, without a gap", async () => {
  const { rows } = await database.admin.query(
    `with bounds as (
       select relname, regexp_match(pg_get_expr(relpartbound, oid), $$FROM \\('(.+)'\\) TO \\('(.+)'\\)$$) as bound
       from pg_class where relname in ($1, $2)
     )
     select (bound[1]::timestamptz at time zone 'UTC')::text as first, (bound[2]::timestamptz at time zone 'UTC')::text as next
     from bounds order by first`,
    [await partition(0), await partition(1)],
  );
  expect(rows[0].first).toMatch(/^\d{4}-\d{2}-01 00:00:00$/);
  expect(rows[0].next).toBe(rows[1].first);
});

test("a month whose events are in the default partition already stays there, and does not stop the others, and the job says so", async () => {
  const [next, last] = [await partition(1), await partition(3)];
  await database.admin.query(`drop table audit.${next}; drop table audit.${last}`);
  await database.admin.query(
    `insert into audit.events (tenant_id, at, action, severity, actor_kind)
     values (audit.platform(), now() + interval '1 month', 'test.late', 'low', 'system')`,
  );
  await expect(createAuditPartitions(jobContext(database))).rejects.toThrow(
    `no partition for ${next!.replace("events_", "").replace("_", "-")}: its events are in audit.events_default`,
  );
  expect(await partitions()).toEqual([await partition(0), await partition(2), last, "events_default"]);
  const { rows } = await database.admin.query("select action from audit.events_default");
  expect(rows).toEqual([{ action: "test.late" }]);
});

test("nobody has a grant on a new partition, and its row security is forced without a policy", async () => {
  const { rows } = await database.admin.query(
    `select relrowsecurity as secured, relforcerowsecurity as forced,
       (select count(*)::int from pg_policy where polrelid = pg_class.oid) as policies,
       array(
         select distinct grantee::regrole::text from aclexplode(relacl) where grantee <> relowner
       ) as grantees
     from pg_class where relname = $1`,
    [await partition(3)],
  );
  expect(rows).toEqual([{ secured: true, forced: true, policies: 0, grantees: [] }]);
});

test("a partition cannot be read directly, not even by the owner of the trail", async () => {
  const current = await partition(0);
  for (const role of ["app", "auth", "worker"] as const) {
    await expect(database[role].query(`select from audit.${current}`)).rejects.toMatchObject({
      code: "42501",
    });
  }
  const { rowCount } = await database.admin.query("select from audit.events");
  expect(rowCount).toBeGreaterThan(0);
  expect(await asOwner(`select * from audit.${current}`)).toBe(0);
});

test("a partition cannot be rewritten, deleted from or emptied, not even by the owner of the trail", async () => {
  const current = await partition(0);
  const before = await contents();
  for (const statement of [
    `update audit.${current} set action = 'nothing'`,
    `delete from audit.${current}`,
    `truncate audit.${current}`,
    "truncate audit.events",
  ]) {
    await expect(asOwner(statement), statement).rejects.toMatchObject({ code: "RH405" });
  }
  expect(await contents()).toEqual(before);
});

async function contents(): Promise<unknown> {
  const { rows } = await database.admin.query(
    "select count(*), md5(string_agg(event::text, '' order by id)) from audit.events as event",
  );
  return rows;
}

async function asOwner(sql: string): Promise<number | null> {
  const client = await database.admin.connect();
  try {
    await client.query("begin; set local role rowhouse_owner");
    return (await client.query(sql)).rowCount;
  } finally {
    await client.query("rollback");
    client.release();
  }
}
