import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { compile } from "graphile-migrate";
import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { migrationSettings, projectRoot } from "../../src/database/migrations.ts";
import { accessDrift, schemaState } from "../../src/database/schema_state.ts";
import { snapshot } from "../../src/database/snapshot.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";

describe("the schema", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase({ application: false });
  });
  afterAll(() => database.drop());

  async function asAdmin<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await database.admin.connect();
    try {
      return await work(client);
    } finally {
      client.release(true);
    }
  }

  test("is what db/snapshot.sql says (else: npm run generate, and review the difference)", async () => {
    const reviewed = readFileSync(join(projectRoot, "db", "snapshot.sql"), "utf8");
    expect(await asAdmin(snapshot)).toBe(reviewed);
  });

  test("does not change when db/schema/all.sql is replayed: no edited source was left out of a migration", async () => {
    const before = await asAdmin(snapshot);
    const sources = await compile(
      migrationSettings(database.adminUrl, () => {}),
      "--!include all.sql\n",
    );
    await asAdmin((client) => client.query(`begin; set local role rowhouse_owner; ${sources}; commit`));
    expect(await asAdmin(snapshot)).toBe(before);
  });

  test("has every source in the contents page", () => {
    const sources = readdirSync(join(projectRoot, "db", "schema"), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".sql") && name !== "all.sql")
      .sort();
    const included = [
      ...readFileSync(join(projectRoot, "db", "schema", "all.sql"), "utf8").matchAll(/^--!include (\S+)$/gm),
    ]
      .map((match) => match[1])
      .sort();
    expect(included).toEqual(sources);
  });
});

describe("the snapshot", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase({ application: false });
  });
  afterAll(() => database.drop());

  test.each([
    'drop policy "people see themselves" on app.users',
    "grant select on app.users to rowhouse_auditor",
    "grant update (status) on app.users to rowhouse_app",
    "alter table app.users no force row level security",
    "alter table app.users disable row level security",
    "alter table app.users add column extra text",
    "alter table app.users alter column name drop not null",
    "alter table app.users disable trigger all",
    "comment on table app.users is 'changed'",
    "alter function app.me() security definer",
    "alter function app.me() owner to rowhouse_definer",
    "alter function app.me() reset search_path",
    "grant execute on function app.me() to public",
    "create view app.everybody as select * from app.users",
    "alter view app.everybody set (security_invoker = true)",
    "grant usage on schema audit to public",
    "alter default privileges for role rowhouse_owner grant execute on functions to public",
    "create extension citext with schema extensions",
  ])("shows that somebody said: %s", async (change) => {
    const client = await database.admin.connect();
    try {
      const before = await snapshot(client);
      await client.query(change);
      expect(await snapshot(client)).not.toBe(before);
    } finally {
      client.release(true);
    }
  });
});

describe("the state of a database", () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createDatabase({ application: false });
  });
  afterEach(() => database.drop());

  const committed = readdirSync(join(projectRoot, "db", "committed"))
    .filter((name) => name.endsWith(".sql"))
    .sort();

  test("is up to date after migrating, asked as the application", async () => {
    expect(await schemaState(database.app, null)).toEqual({ pending: [], rebuilt: [] });
    expect(await accessDrift(database.app)).toEqual([]);
  });

  test("names the migrations that were not applied", async () => {
    await database.admin.query("delete from graphile_migrate.migrations");
    expect(await schemaState(database.app, null)).toEqual({ pending: committed, rebuilt: [] });
  });

  test("is never up to date where nothing was ever migrated", async () => {
    await database.admin.query("drop schema context cascade; drop schema graphile_migrate cascade");
    expect(await schemaState(database.app, null)).toEqual({ pending: committed, rebuilt: [] });
  });

  test("names a migration that it was built from in another version", async () => {
    await database.admin.query(
      "update graphile_migrate.migrations set hash = 'sha1:older' where filename = '000001.sql'",
    );
    expect(await schemaState(database.app, null)).toEqual({ pending: [], rebuilt: [committed[0]] });
  });

  test("tells an older one of ours from an empty one also where it cannot say what it was built from", async () => {
    await database.admin.query("drop function context.applied_migrations()");
    expect(await schemaState(database.app, null)).toEqual({ pending: [], rebuilt: committed });
  });

  test.each([
    [
      'drop policy "people see themselves" on app.users',
      'policy "people see themselves" on app.users',
      "missing",
    ],
    ["alter table app.users no force row level security", "row security of app.users", "changed"],
    ["alter table app.users disable row level security", "row security of app.users", "changed"],
    ["grant select on app.users to rowhouse_auditor", "grants on app.users", "changed"],
    ["grant update (status) on app.users to rowhouse_app", "grants on app.users", "changed"],
    ["grant usage on schema audit to rowhouse_auth", "grants on schema audit", "changed"],
    ["grant execute on function app.me() to public", "grants on function app.me()", "changed"],
    ["alter function app.me() security definer", "function app.me()", "changed"],
    ["alter function app.me() owner to rowhouse_definer", "function app.me()", "changed"],
    ["alter table app.users disable trigger audit_changes", "trigger audit_changes on app.users", "changed"],
    ["create policy wide on app.users using (true)", 'policy "wide" on app.users', "added"],
    ["create view app.everybody as select * from app.users", "view app.everybody", "added"],
  ])("knows that somebody said: %s", async (change, object, how) => {
    await database.admin.query(change);
    expect(await accessDrift(database.app)).toContainEqual({ object, change: how });
  });

  test("does not count what belongs to everyday life: rows, indexes, a new month of the trail, comments", async () => {
    await database.admin.query(`
      select audit.create_partition(date '2031-05-01');
      create index extra on app.users (name);
      comment on table app.users is 'ours';
      analyze app.users;
    `);
    expect(await accessDrift(database.app)).toEqual([]);
  });
});
