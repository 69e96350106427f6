import { rmSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { accessDrift } from "../../src/database/schema_state.ts";
import { makeFolder, rowhouse } from "../support/command_line.ts";
import { createDatabase, type TestDatabase, testMasterKey } from "../support/database.ts";
import { startTestServer } from "../support/server.ts";

let folder: string;
let database: TestDatabase;
beforeAll(() => {
  folder = makeFolder();
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(async () => {
  database = await createDatabase();
});
afterEach(() => database.drop());

const run = (...args: string[]) =>
  rowhouse(args, folder, {
    DATABASE_URL: database.adminUrl,
    MASTER_KEY: testMasterKey.toString("base64"),
  });

interface Readiness {
  readonly status: string;
  readonly checks: Record<string, { ok: boolean; [more: string]: unknown }>;
}

async function readiness(): Promise<Readiness["checks"]> {
  const server = await startTestServer(database);
  try {
    return ((await (await fetch(`${server.url}/readyz`)).json()) as Readiness).checks;
  } finally {
    await server.close();
  }
}

/** What `drop owned by rowhouse_app` in a request's own SQL took along before the database refused it. */
const DROP_POLICIES = `
  do $$
  declare
    policy record;
  begin
    for policy in
      select polname, polrelid::regclass as relation from pg_policy where 'rowhouse_app'::regrole = any (polroles)
    loop
      execute format('drop policy %I on %s', policy.polname, policy.relation);
    end loop;
  end
  $$`;

/**
 * `drop owned` takes the role's rights on every database of the server: those of other tests get theirs back in the same
 * transaction, so that they never miss them.
 */
const DROP_OWNED = `
  drop owned by rowhouse_app;
  do $$
  declare
    other name;
  begin
    for other in select datname from pg_database where datallowconn and datname <> current_database() loop
      execute format('grant connect on database %I to rowhouse_app', other);
    end loop;
  end
  $$`;

describe("after the application lost", () => {
  test.each([
    ["its policies", DROP_POLICIES, true],
    ["its policies and its grants", DROP_OWNED, false],
  ])("%s, /readyz is not ready, and migrate brings them back and says so", async (_, damage, mayAsk) => {
    await database.admin.query(damage);
    const policy = 'policy "people see themselves" on app.users';
    // Without its grants the application may not even ask: then no server starts.
    if (mayAsk) {
      const lost = (await accessDrift(database.app)).length;
      expect(lost).toBeGreaterThan(20);
      expect((await readiness()).policies).toEqual({ ok: false, differing: lost });
    } else {
      expect(await run("worker")).toMatchObject({
        code: 1,
        err: expect.stringContaining('run "rowhouse migrate"'),
      });
    }

    const { code, out } = await run("migrate");
    expect(code).toBe(0);
    expect(out).toContain(`migrate: mended: ${policy} was missing\n`);
    expect(await accessDrift(database.app)).toEqual([]);
    expect((await readiness()).policies).toEqual({ ok: true, differing: 0 });
    expect((await run("migrate")).out).not.toContain("mended");
  });
});

test("migrate undoes what somebody widened", async () => {
  await database.admin.query(`
    create policy wide on app.users for select to rowhouse_app using (true);
    grant delete on app.users to rowhouse_app;
    alter table app.users no force row level security`);
  const { code, out } = await run("migrate");
  expect(code).toBe(0);
  expect(out).toContain('mended: policy "wide" on app.users was added');
  expect(await accessDrift(database.admin)).toEqual([]);
});

test("migrate refuses, and changes nothing, where a replay does not mend it", async () => {
  await database.admin.query(`
    grant execute on function app.me() to public;
    drop policy "people see themselves" on app.users`);
  const before = await accessDrift(database.admin);
  const { code, err } = await run("migrate");
  expect(code).toBe(1);
  expect(err).toContain("grants on function app.me() is changed");
  expect(await accessDrift(database.admin)).toEqual(before);
});

test("a migrate that was cut off before it remembered is made good by the next", async () => {
  await database.admin.query("delete from context.access_as_migrated");
  expect((await readiness()).policies).toMatchObject({ ok: false });
  expect(await run("migrate")).toMatchObject({ code: 0 });
  expect((await readiness()).policies).toMatchObject({ ok: true });
});

describe("a database that an older version of a migration built", () => {
  beforeEach(async () => {
    await database.admin.query("update graphile_migrate.migrations set hash = 'sha1:0000'");
  });

  test.each(["start", "migrate", "worker", "lint"])(
    "is not taken for up to date by %s, which says what to do",
    async (name) => {
      const { code, err } = await run(name);
      expect(code).toBe(1);
      expect(err).toMatch(
        /built from another version of 000001-tenancy\.sql .* go back to .* or build a new database/,
      );
    },
  );

  test("is not ready", async () => {
    expect((await readiness()).migrations).toEqual({
      ok: false,
      pending: [],
      rebuilt: ["000001-tenancy.sql"],
    });
  });
});

test("start tells of a missing policy", async () => {
  await database.admin.query('drop policy "people see themselves" on app.users');
  const { out } = await rowhouse(["worker"], folder, {
    DATABASE_URL: database.adminUrl,
    DATABASE_WORKER_URL: "postgres://nobody@127.0.0.1:1/x",
    MASTER_KEY: testMasterKey.toString("base64"),
  });
  expect(out).toMatch(
    /policy \\?"people see themselves\\?" on app.users is missing: not as the migrations left it/,
  );
});
