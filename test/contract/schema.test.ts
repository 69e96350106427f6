import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { compile } from "graphile-migrate";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { migrationSettings, pendingMigrations, projectRoot } from "../../src/database/migrations.ts";
import { snapshot } from "../../src/database/snapshot.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";

describe("the schema", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase();
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
    database = await createDatabase();
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
    "create extension pg_trgm with schema extensions",
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

describe("pending migrations", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase();
  });
  afterAll(() => database.drop());

  test("are none in a migrated database, asked as the application", async () => {
    expect(await pendingMigrations(database.app)).toEqual([]);
  });

  test("are named when one was not applied", async () => {
    await database.admin.query("delete from graphile_migrate.migrations");
    const committed = readdirSync(join(projectRoot, "db", "committed")).filter((name) =>
      name.endsWith(".sql"),
    );
    expect(await pendingMigrations(database.app)).toEqual(committed.sort());
  });

  test("are never nothing where nothing was ever migrated", async () => {
    await database.admin.query("drop schema context cascade");
    expect(await pendingMigrations(database.app)).not.toEqual([]);
  });
});
