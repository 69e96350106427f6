import { afterAll, beforeAll, expect, test } from "vitest";
import { expireGuests } from "../../src/jobs/expire_guests.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { createGuest, furnishedGuest } from "../support/guests.ts";
import { jobContext } from "../support/jobs.ts";
import { createTenant, type Member, type Tenant } from "../support/people.ts";
import { addRows, type TenantMember } from "../support/tenants.ts";

let database: TestDatabase;
let tenant: Tenant;
let member: TenantMember;

beforeAll(async () => {
  database = await createDatabase();
  tenant = await createTenant(database);
  member = await addRows(database, tenant.owner);
});
afterAll(() => database.drop());

const sweep = () => expireGuests(jobContext(database));
const isThere = async ({ userId }: Member): Promise<boolean> =>
  (await database.admin.query("select from app.users where id = $1", [userId])).rowCount === 1;

/** As if so many days had gone by since the guest was last seen, and their session had ended then, or not. */
async function age({ userId }: Member, days: number, session: "ended" | "expired" | "live"): Promise<void> {
  await database.admin.query("update app.users set created_at = now() - interval '80 days' where id = $1", [
    userId,
  ]);
  await database.admin.query(
    `update auth.sessions set
       last_seen_at = now() - $2 * interval '1 day',
       ended_at = case when $3 = 'ended' then now() - $2 * interval '1 day' end,
       end_reason = case when $3 = 'ended' then 'logout' end,
       idle_expires_at = case when $3 = 'expired' then now() - interval '1 second' else now() + interval '1 day' end
     where user_id = $1`,
    [userId, days, session],
  );
}

/** Takes the API key away, which a guest cannot have. */
async function furnished(): Promise<TenantMember> {
  const guest = await furnishedGuest(database, tenant);
  await database.admin.query("delete from auth.api_keys where user_id = $1", [guest.userId]);
  return guest;
}

const OF_A_GUEST = [
  "app.users where id",
  "app.memberships where user_id",
  "app.conversations where user_id",
  "app.messages where user_id",
  "app.user_preferences where user_id",
  "auth.sessions where user_id",
];
const rowsOf = async ({ userId }: Member): Promise<number[]> => {
  const counts: number[] = [];
  for (const table of OF_A_GUEST) {
    counts.push((await database.admin.query(`select from ${table} = $1`, [userId])).rowCount ?? 0);
  }
  return counts;
};

test("guests go when nobody saw them for 30 days, with all that they said; who was seen since stays", async () => {
  const [ended, expired, lately, endedLately] = [
    await furnished(),
    await furnished(),
    await furnished(),
    await furnished(),
  ];
  await age(ended, 31, "ended");
  await age(expired, 31, "expired");
  await age(lately, 29, "expired");
  await age(endedLately, 29, "ended");
  expect(await rowsOf(ended)).toEqual([1, 1, 1, 1, 1, 1]);
  const others = await rowsOf(member);

  expect(await sweep()).toEqual({ forgotten: 2 });
  for (const gone of [ended, expired]) expect(await rowsOf(gone)).toEqual([0, 0, 0, 0, 0, 0]);
  for (const stays of [lately, endedLately]) expect(await rowsOf(stays)).toEqual([1, 1, 1, 1, 1, 1]);
  expect(await rowsOf(member)).toEqual(others);
  expect(await sweep()).toEqual({ forgotten: 0 });
});

test("a guest with a live session stays, however long nobody saw them", async () => {
  const guest = await createGuest(database, tenant);
  await age(guest, 79, "live");
  expect(await sweep()).toEqual({ forgotten: 0 });
  expect(await isThere(guest)).toBe(true);
});

test("so does one who came just now, and one whose sessions are forgotten goes", async () => {
  const guest = await createGuest(database, tenant);
  await database.admin.query("delete from auth.sessions where user_id = $1", [guest.userId]);
  expect(await sweep()).toEqual({ forgotten: 0 });
  await age(guest, 0, "live");
  expect(await sweep()).toEqual({ forgotten: 1 });
});

test("who has an account stays, whatever they were before", async () => {
  const guest = await createGuest(database, tenant);
  await age(guest, 79, "ended");
  await database.admin.query(
    "update app.users set is_guest = false, email = 'ann@example.com' where id = $1",
    [guest.userId],
  );
  expect(await sweep()).toEqual({ forgotten: 0 });
  expect(await isThere(guest)).toBe(true);
});

test("the trail keeps every row that went, as the system's doing, and no word of what was said", async () => {
  const guest = await furnished();
  await age(guest, 31, "ended");
  await sweep();
  const { rows } = await database.admin.query(
    `select table_name, actor_kind, database_role, old_row::text as old from audit.events
     where action = 'delete' and table_name <> 'auth.api_keys' and coalesce(old_row ->> 'user_id', row_key ->> 'id') = $1 order by table_name`,
    [guest.userId],
  );
  expect(
    rows.map(({ table_name, actor_kind, database_role }) => [table_name, actor_kind, database_role]),
  ).toEqual(
    [
      "app.conversations",
      "app.grants",
      "app.memberships",
      "app.message_feedback",
      "app.messages",
      "app.team_members",
      "app.user_preferences",
      "app.users",
      "auth.sessions",
    ].map((table) => [table, "system", "rowhouse_worker"]),
  );
  expect(JSON.stringify(rows)).not.toContain(`What ${guest.name} asked`);
});

test("it goes through them in batches, the oldest first, and two workers at once take turns", async () => {
  const guests: Member[] = [];
  for (let n = 0; n < 5; n++) {
    const guest = await createGuest(database, tenant);
    await age(guest, 31, "ended");
    guests.push(guest);
  }
  const batch = (most: number) =>
    database.worker
      .query("select jobs.expire_guests(30, $1) as gone", [most])
      .then(({ rows }) => rows[0].gone);
  expect(await batch(2)).toBe(2);
  expect(await Promise.all(guests.map(isThere))).toEqual([false, false, true, true, true]);
  const both = await Promise.all([batch(2), batch(2)]);
  expect(both.reduce((sum, gone) => sum + gone)).toBeGreaterThanOrEqual(2);
  await sweep();
  expect(await Promise.all(guests.map(isThere))).toEqual([false, false, false, false, false]);
});

test("a guest who is signing up at the same moment is left alone", async () => {
  const guest = await createGuest(database, tenant);
  await age(guest, 31, "ended");
  const client = await database.admin.connect();
  try {
    await client.query("begin");
    await client.query("select from app.users where id = $1 for update", [guest.userId]);
    expect(await sweep()).toEqual({ forgotten: 0 });
  } finally {
    await client.query("rollback");
    client.release();
  }
  expect(await sweep()).toEqual({ forgotten: 1 });
});

test("guests are found by an index, whether to sweep or to count them, however many people and sessions there are", async () => {
  const client = await database.admin.connect();
  try {
    await client.query("begin; set local session_replication_role = replica");
    await client.query(
      `insert into app.users (id, email, name)
       select uuidv7(), 'person.' || n || '@example.com', 'Person' from generate_series(1, 20000) as n`,
    );
    await client.query(
      `insert into auth.sessions (id, user_id, tenant_id, handle_digest, methods)
       select uuidv7(), id, $1, sha256(convert_to(id::text, 'UTF8')), '{pwd}' from app.users where not is_guest`,
      [tenant.tenantId],
    );
    await client.query("analyze app.users; analyze auth.sessions; set local role rowhouse_definer");
    const planOf = async (sql: string): Promise<string> =>
      (await client.query(`explain ${sql}`)).rows.map((row) => row["QUERY PLAN"]).join("\n");
    expect(
      await planOf(
        "select id from app.users where is_guest and created_at <= now() order by created_at, id limit 200",
      ),
    ).toContain("users_who_are_guests");
    expect(
      await planOf(
        `select count(*) from auth.sessions
         where tenant_id = '${tenant.tenantId}' and methods = '{}' and ended_at is null`,
      ),
    ).toContain("sessions_of_guests");
  } finally {
    await client.query("rollback");
    client.release();
  }
});

test("nobody but the worker sweeps, and nobody deletes an account, not even the functions that sweep", async () => {
  await expect(database.app.query("select jobs.expire_guests(0)")).rejects.toThrow(/permission denied/);
  await expect(database.auth.query("select jobs.expire_guests(0)")).rejects.toThrow(/permission denied/);
  const client = await database.admin.connect();
  try {
    await client.query("begin; set local role rowhouse_definer");
    expect((await client.query("delete from app.users where not is_guest")).rowCount).toBe(0);
  } finally {
    await client.query("rollback");
    client.release();
  }
});
