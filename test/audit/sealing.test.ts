import { afterAll, beforeAll, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { seal, sealOnce, verdictOn } from "../support/sealing.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
let actingAs: ReturnType<typeof actors>;

beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  actingAs = actors(database.app);
});
afterAll(() => database.drop());

const PLATFORM = "00000000-0000-0000-0000-000000000000";
const converse = (title: string) =>
  actingAs(acme.member).rows("insert into app.conversations (title) values ($1) returning id", [title]);
const count = async (sql: string, values: unknown[] = []): Promise<number> =>
  Number((await database.admin.query(`select count(*) from ${sql}`, values)).rows[0].count);
const eventsOf = (tenant: string) => count("audit.events where tenant_id = $1", [tenant]);

test("everything that was committed is sealed and signed, each tenant's by itself", async () => {
  const { sealed, signed } = await seal(database);
  // The key that the first run made is an event of the platform's.
  await seal(database);
  expect(sealed).toBeGreaterThan(50);
  expect(signed).toBeGreaterThanOrEqual(3);
  for (const tenant of [acme.tenantId, globex.tenantId, PLATFORM]) {
    const size = await eventsOf(tenant);
    expect(await verdictOn(database, tenant)).toEqual({
      tenant,
      size,
      signed: size,
      expired: null,
      waiting: 0,
      problems: [],
    });
  }
});

test("a run with nothing to seal seals and signs nothing, and a further event is one more leaf", async () => {
  await seal(database);
  const { size } = await verdictOn(database, acme.tenantId);
  expect(await seal(database)).toMatchObject({ sealed: 0, signed: 0 });
  await converse("One more");
  expect(await seal(database)).toMatchObject({ sealed: 1, signed: 1 });
  expect(await verdictOn(database, acme.tenantId)).toMatchObject({ size: size + 1, problems: [] });
});

test("a transaction that is open while others are sealed is sealed when it has ended, and none is skipped", async () => {
  await seal(database);
  const before = await verdictOn(database, acme.tenantId);
  const late = await database.app.connect();
  try {
    await late.query("begin");
    await late.query("select context.enter($1)", [acme.member.digest]);
    await late.query("insert into app.conversations (title) values ('begun first')");
    for (let turn = 0; turn < 3; turn++) await converse(`during ${turn}`);
    // What ended after the open one began may have to wait; nothing of it is passed over.
    await sealOnce(database);
    await late.query("insert into app.conversations (title) values ('and went on')");
    await late.query("commit");
  } finally {
    late.release();
  }
  await seal(database);
  expect(await verdictOn(database, acme.tenantId)).toMatchObject({
    size: before.size + 5,
    signed: before.size + 5,
    waiting: 0,
    problems: [],
  });
});

test("what is rolled back is never sealed", async () => {
  await seal(database);
  const before = await verdictOn(database, acme.tenantId);
  await actingAs(acme.member)
    .inVain()
    .expect("insert into app.conversations (title) values ('x')")
    .toReach(1);
  await seal(database);
  expect(await verdictOn(database, acme.tenantId)).toMatchObject({ size: before.size, problems: [] });
});

test("of several sealers at once one works, and there is one tree", async () => {
  await Promise.all(Array.from({ length: 40 }, (_, turn) => converse(`Crowd ${turn}`)));
  const runs = await Promise.all([seal(database), seal(database), seal(database)]);
  expect(runs.reduce((sum, { sealed }) => sum + sealed, 0)).toBe(40);
  expect(await verdictOn(database, acme.tenantId)).toMatchObject({ waiting: 0, problems: [] });
});

test("many small steps make the same tree as one", async () => {
  for (let turn = 0; turn < 600; turn++) await converse(`Step ${turn}`);
  for (let more = true; more; ) {
    const { rows } = await database.worker.query("select jobs.seal_audit(7) as step");
    more = rows[0].step.more;
  }
  await seal(database);
  const verdict = await verdictOn(database, acme.tenantId);
  expect(verdict).toMatchObject({ size: await eventsOf(acme.tenantId), waiting: 0, problems: [] });
  expect(verdict.size).toBeGreaterThan(600);
  expect(await count("audit.tiles where tenant_id = $1 and level = 1", [acme.tenantId])).toBe(1);
});

test("a database that came from another server is sealed from where it was, nothing twice and nothing skipped", async () => {
  const apart = await createDatabase();
  try {
    const { acme: moved } = await buildTenants(apart);
    await seal(apart);
    // As a restored dump is: what was written is of transactions that this server will have in a long time.
    await apart.admin.query(`
      begin; set local session_replication_role = replica;
      update audit.events set transaction_id = (transaction_id::text::bigint + 1000000000000)::text::xid8;
      update audit.seal_mark set transaction_id = (transaction_id::text::bigint + 1000000000000)::text::xid8;
      insert into audit.events (tenant_id, action, severity, actor_kind, transaction_id)
        select '${moved.tenantId}', 'auth.login', 'informational', 'system', transaction_id from audit.seal_mark;
      commit`);
    await apart.admin.query("update app.tenants set name = 'Here' where id = $1", [moved.tenantId]);
    await seal(apart);
    const { rows } = await apart.admin.query(
      `select count(*)::int as events, count(leaf.index)::int as leaves, count(distinct leaf.index)::int as places
       from audit.events as event left join audit.leaves as leaf on leaf.tenant_id = event.tenant_id and leaf.event_id = event.id
       where event.tenant_id = $1`,
      [moved.tenantId],
    );
    expect(rows[0].leaves).toBe(rows[0].events);
    expect(rows[0].places).toBe(rows[0].events);
    await apart.admin.query("update app.tenants set name = 'Here too' where id = $1", [moved.tenantId]);
    await seal(apart);
    expect(
      (await apart.admin.query("select size from audit.trees where tenant_id = $1", [moved.tenantId])).rows,
    ).toEqual([{ size: String(rows[0].events + 1) }]);
  } finally {
    await apart.drop();
  }
});
