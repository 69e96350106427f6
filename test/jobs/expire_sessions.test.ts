import { afterAll, beforeAll, expect, test } from "vitest";
import { expireSessions } from "../../src/jobs/expire_sessions.ts";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { jobContext } from "../support/jobs.ts";
import { createMember, createTenant, type Member, type Session } from "../support/people.ts";

let database: TestDatabase;
let actingAs: ReturnType<typeof actors>;
let idle: Member;
let old: Member;
let live: Member;

beforeAll(async () => {
  database = await createDatabase();
  actingAs = actors(database.app);
  const tenant = await createTenant(database);
  idle = await createMember(database, { tenant, role: "member" });
  old = await createMember(database, { tenant, role: "member" });
  live = tenant.owner;
  await moveClock(idle, "idle_expires_at = now() - interval '1 second'");
  await moveClock(old, "expires_at = now()");
});
afterAll(() => database.drop());

async function moveClock({ sessionId }: Session, change: string): Promise<void> {
  await database.admin.query(`update auth.sessions set ${change} where id = $1`, [sessionId]);
}

async function ended({ sessionId }: Session): Promise<{ ended: boolean; reason: string | null } | undefined> {
  const { rows } = await database.admin.query(
    "select ended_at is not null as ended, end_reason as reason from auth.sessions where id = $1",
    [sessionId],
  );
  return rows[0];
}

test("sessions past their idle or absolute time are ended, once, and the others live on", async () => {
  expect(await expireSessions(jobContext(database))).toEqual({ ended: 2 });
  expect(await ended(idle)).toEqual({ ended: true, reason: "expired" });
  expect(await ended(old)).toEqual({ ended: true, reason: "expired" });
  expect(await ended(live)).toEqual({ ended: false, reason: null });

  expect(await expireSessions(jobContext(database))).toEqual({ ended: 0 });
  await actingAs(live).expect("select from app.my_tenant()").toReach(1);
});

test("the door refuses an expired session", async () => {
  await actingAs(idle).expect("select from app.my_tenant()").toBeRefused("RH401", "ended");
  await actingAs(old).expect("select from app.my_tenant()").toBeRefused("RH401", "ended");
});

test("the trail says that the system ended it, and why", async () => {
  const { rows } = await database.admin.query(
    `select actor_kind, database_role, tenant_id, new_row ->> 'end_reason' as reason
     from audit.events
     where table_name = 'auth.sessions' and row_key ->> 'id' = $1 and new_row ->> 'ended_at' is not null`,
    [idle.sessionId],
  );
  expect(rows).toEqual([
    {
      actor_kind: "system",
      database_role: "rowhouse_worker",
      tenant_id: idle.tenantId,
      reason: "expired",
    },
  ]);
});

test("sessions that ended 90 days ago are forgotten, and their end stays in the trail", async () => {
  await moveClock(idle, "ended_at = now() - interval '91 days'");
  await moveClock(old, "ended_at = now() - interval '89 days'");
  expect(await expireSessions(jobContext(database))).toEqual({ ended: 0 });
  expect(await ended(idle)).toBeUndefined();
  expect(await ended(old)).toEqual({ ended: true, reason: "expired" });
  const { rowCount } = await database.admin.query(
    "select from audit.events where table_name = 'auth.sessions' and row_key ->> 'id' = $1 and action = 'delete'",
    [idle.sessionId],
  );
  expect(rowCount).toBe(1);
});

test("heartbeats of workers long gone, throttles of yesterday and tallies of last season are forgotten", async () => {
  await database.admin.query(`
    insert into jobs.heartbeats (worker, seen_at) values ('gone', now() - interval '25 hours'), ('here', now());
    insert into auth.login_throttles (key, attempts, began_at) values
      (sha256('old'), 3, now() - interval '25 hours'), (sha256('new'), 3, now());
    insert into audit.tallies (hour, action, subject) values
      (now() - interval '91 days', 'auth.register', 'old'), (now() - interval '89 days', 'auth.register', 'new');
  `);
  await expireSessions(jobContext(database));
  const beats = await database.admin.query("select worker from jobs.heartbeats");
  expect(beats.rows).toEqual([{ worker: "here" }]);
  const throttles = await database.admin.query(
    "select key = sha256('new') as is_new from auth.login_throttles where key in (sha256('old'), sha256('new'))",
  );
  expect(throttles.rows).toEqual([{ is_new: true }]);
  const tallies = await database.admin.query(
    "select subject from audit.tallies where subject in ('old', 'new')",
  );
  expect(tallies.rows).toEqual([{ subject: "new" }]);
});

test("it reads what is over by an index, however many sessions live on", async () => {
  const client = await database.admin.connect();
  try {
    await client.query("begin; set local session_replication_role = replica");
    await client.query(
      `insert into auth.sessions (id, user_id, handle_digest)
       select gen_random_uuid(), $1, sha256(n::text::bytea) from generate_series(1, 20000) as n`,
      [live.userId],
    );
    await client.query(
      `insert into auth.sessions (id, user_id, handle_digest, ended_at, end_reason)
       select gen_random_uuid(), $1, sha256((-n)::text::bytea), now() - interval '1 day', 'logout'
       from generate_series(1, 20000) as n`,
      [live.userId],
    );
    await client.query("analyze auth.sessions; set local role rowhouse_definer");
    for (const [index, statement] of [
      [
        "sessions_by_expiry",
        "update auth.sessions set ended_at = now() where ended_at is null and least(idle_expires_at, expires_at) <= now()",
      ],
      ["sessions_by_end", "delete from auth.sessions where ended_at < now() - interval '90 days'"],
    ]) {
      const { rows } = await client.query<{ "QUERY PLAN": string }>(`explain ${statement}`);
      const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
      expect(plan).toContain(`Index Scan using ${index}`);
      expect(plan).not.toContain("Seq Scan");
    }
  } finally {
    await client.query("rollback");
    client.release();
  }
});
