import { randomBytes } from "node:crypto";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { settingsOf, withPgClient } from "../../src/database/adaptor.ts";
import { grantDatabase } from "../../src/database/migrate.ts";
import { Pool } from "../../src/database/pool.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { takeTurn } from "../support/taking_turns.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

// What a request's SQL leaves on its pooled connection never meets the next request.

/** Settings that decide what a later request may do, sees or means, with a value that no request wants. */
const NOTORIOUS_VALUES = [
  ["row_security", "off"],
  ["search_path", "pg_catalog, public"],
  ["default_transaction_read_only", "on"],
  ["default_transaction_isolation", "serializable"],
  ["default_transaction_deferrable", "on"],
  ["transform_null_equals", "on"],
  ["standard_conforming_strings", "off"],
  ["gin_fuzzy_search_limit", "1"],
  ["DateStyle", "'German'"],
  ["bytea_output", "escape"],
  ["lock_timeout", "1"],
] as const;
const NOTORIOUS = NOTORIOUS_VALUES.map(([name]) => name);

/** Gives every setting that a session may change another value, where one can be thought of. */
const CHANGE_ALL = `
create function app.change_all() returns void language plpgsql as $$
declare
    known record;
begin
    for known in
        select name, vartype, setting, case vartype
            when 'bool' then case setting when 'on' then 'off' else 'on' end
            when 'enum' then (select value from unnest(enumvals) as value where value <> setting limit 1)
            when 'integer' then case when setting = max_val then min_val else max_val end
            when 'real' then case when setting::float8 = max_val::float8 then min_val else max_val end
            when 'string' then case name
                when 'search_path' then 'public' when 'DateStyle' then 'German' when 'TimeZone' then 'Asia/Tokyo'
                when 'client_encoding' then 'LATIN1' when 'application_name' then 'intruder' end
        end as other
        from pg_settings
        where context = 'user' and name not like 'transaction\\_%'
    loop
        begin
            if known.other is not null then perform set_config(known.name, known.other, false); end if;
        exception when others then
            null;
        end;
    end loop;
end
$$;
grant execute on function app.change_all() to rowhouse_app;`;

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
let pool: Pool;

beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  await database.admin.query(CHANGE_ALL);
  // migrate takes this away where it may; elsewhere everybody has it.
  await database.admin.query("grant execute on function pg_advisory_lock(bigint) to rowhouse_app");
});
afterAll(() => database.drop());

const open = (): Pool =>
  new Pool(
    { connectionString: database.appUrl, max: 1, name: "test", statementTimeout: 10_000 },
    pino({ level: "silent" }),
  );

// One connection: whatever a request leaves behind on it, the next one meets.
beforeEach(() => {
  pool = open();
  return () => pool.close();
});

const settings = (person: { digest: Buffer }) =>
  settingsOf({
    credential: person.digest,
    facts: { request_id: "test", ip: "192.0.2.1", user_agent: null },
  });

/** A request of an intruder's in one tenant, and one of a member's in another; both over the same connection. */
const asIntruder = (text: string) => request(acme.member, text);
const asTheOther = (text: string, values?: unknown[]) => request(globex.member, text, values);

async function request(
  person: { digest: Buffer },
  text: string,
  values?: unknown[],
): Promise<Record<string, unknown>[]> {
  const run = withPgClient(pool, 10_000);
  const { rows } = await run(settings(person), (client) =>
    client.query<Record<string, unknown>>({ text, values }),
  );
  return [...rows];
}

const backend = () => asTheOther("select pg_backend_pid() as pid").then(([row]) => row?.pid);

describe("text", () => {
  test.each(["LATIN1", "SJIS", "SQL_ASCII"])("is stored as it was written, after %s", async (encoding) => {
    const pid = await backend();
    await asIntruder(`set session client_encoding = '${encoding}'`);
    const written = "Café crème, 日本語, 🏠";
    const [read] = await asTheOther("insert into app.conversations (title) values ($1) returning title", [
      written,
    ]);
    expect(read).toEqual({ title: written });
    const stored = await database.admin.query(
      "select title from app.conversations where title = $1 and tenant_id = $2",
      [written, globex.tenantId],
    );
    expect(stored.rowCount).toBeGreaterThan(0);
    expect(await backend()).toBe(pid);
  });

  test("is stored as it was written in a transaction too, and by a statement that is prepared there", async () => {
    await asIntruder("set session client_encoding = 'LATIN1'");
    const run = withPgClient(pool, 10_000);
    const { rows } = await run(settings(globex.member), (client) =>
      client.withTransaction((transaction) =>
        transaction.query({ text: "select 'Café' = U&'Caf\\00E9' as same", name: "café" }),
      ),
    );
    expect(rows).toEqual([{ same: true }]);
  });
});

describe("settings", () => {
  const all = "select name, setting from pg_settings order by name";

  test("every one that a session may change is back", async () => {
    const before = await asTheOther(all);
    await asIntruder("select app.change_all()");
    const bare = await pool.connect();
    const { rows: left } = await bare.query(all);
    bare.release();
    const changed = left.filter(({ setting }, index) => setting !== before[index]?.setting);
    expect(changed.map(({ name }) => name)).toEqual(expect.arrayContaining([...NOTORIOUS]));
    expect(changed.length).toBeGreaterThan(80);
    expect(await asTheOther(all)).toEqual(before);
  });

  test.each(NOTORIOUS_VALUES)("%s = %s breaks no later request", async (name, value) => {
    await asIntruder(`set session ${name} = ${value}`);
    const made = await asTheOther("insert into app.conversations (title) values ('fine') returning title");
    expect(made).toEqual([{ title: "fine" }]);
    const [found] = await asTheOther("select count(*)::int as found from app.conversations");
    expect(found?.found).toBeGreaterThan(0);
  });

  test("a value of the intruder's own is gone", async () => {
    await asIntruder("set session my.note = 'a secret'");
    expect(await asTheOther("select current_setting('my.note', true) as note")).toEqual([{ note: "" }]);
  });

  test("a request that fails undoes the renewal too, and the next one is renewed again", async () => {
    await asIntruder("set session row_security = off");
    await expect(asTheOther("select 1 / 0")).rejects.toMatchObject({ code: "22012" });
    expect(await asTheOther("show row_security")).toEqual([{ row_security: "on" }]);
  });

  test("role and session authorization are those of the login", async () => {
    const role = `granted_${randomBytes(4).toString("hex")}`;
    const endTurn = await takeTurn();
    await database.admin.query(`create role ${role}; grant ${role} to rowhouse_app`);
    try {
      await asIntruder(`set session role ${role}`);
      const who = await asTheOther("select current_user::text as role, session_user::text as login");
      expect(who).toEqual([{ role: "rowhouse_app", login: "rowhouse_app" }]);
    } finally {
      await database.admin.query(`drop role ${role}`);
      await endTurn();
    }
  });

  test("`alter role` does not choose those of connections to come", async () => {
    const before = await asTheOther(all);
    for (const [name, value] of [
      ...NOTORIOUS_VALUES,
      ["local_preload_libraries", "'not_there'"],
      ["client_encoding", "LATIN1"],
      ["timezone", "'Asia/Tokyo'"],
    ]) {
      await asIntruder(`alter role rowhouse_app in database ${database.name} set ${name} = ${value}`);
    }
    await pool.close();
    pool = open();
    expect(await asTheOther(all)).toEqual(before);
  });

  test("`migrate` takes back what `alter role` set", async () => {
    await asIntruder(`alter role rowhouse_app in database ${database.name} set work_mem = '64kB'`);
    const client = await database.admin.connect();
    await grantDatabase(client, database.name).finally(() => client.release());
    const { rows } = await database.admin.query(
      "select setconfig from pg_db_role_setting join pg_database on oid = setdatabase where datname = $1",
      [database.name],
    );
    expect(rows).toEqual([]);
  });
});

describe("what is no setting", () => {
  test("a lock that outlives its transaction is let go", async () => {
    await asIntruder("select pg_advisory_lock(42)");
    await asTheOther("select 1");
    const { rows } = await database.admin.query("select pg_try_advisory_lock(42) as free");
    expect(rows).toEqual([{ free: true }]);
  });

  test("a cursor that outlives its transaction is closed, also after a failure in between", async () => {
    await asIntruder("declare held cursor with hold for select 'a secret' as said");
    await expect(asTheOther("select 1 / 0")).rejects.toMatchObject({ code: "22012" });
    await expect(asTheOther("fetch all from held")).rejects.toMatchObject({ code: "34000" });
  });

  test("a channel is not listened to any longer", async () => {
    await asIntruder("listen gossip");
    await asTheOther("select 1");
    expect(await asTheOther("select pg_listening_channels()")).toEqual([]);
  });

  test("statements that were taken away cost a connection, not a request", async () => {
    const pid = await backend();
    await asIntruder("deallocate all");
    expect(await asTheOther("select 'served' as it")).toEqual([{ it: "served" }]);
    expect(await backend()).not.toBe(pid);
  });

  // The parts of `discard all` that the renewal leaves out because there is nothing for them.
  test("nobody can leave a temporary table or a sequence", async () => {
    await expect(asIntruder("create temp table note (said text)")).rejects.toMatchObject({ code: "42501" });
    const { rows } = await database.admin.query(`
      select oid::regclass::text as sequence from pg_class
      where case relkind when 'S' then has_sequence_privilege('rowhouse_app', oid, 'usage, select, update') end`);
    expect(rows).toEqual([]);
  });
});
