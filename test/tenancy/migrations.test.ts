import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { projectRoot } from "../../src/database/migrations.ts";
import { accessDrift, describeState, schemaState } from "../../src/database/schema_state.ts";
import { type Application, makeApplication } from "../support/application.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";

const WIDGETS = readFileSync(join(projectRoot, "src", "commands", "new", "table.sql"), "utf8");

let database: TestDatabase;
let application: Application;
beforeEach(async () => {
  database = await createDatabase({ application: false });
  application = makeApplication();
  application.write("000001-widgets.sql", WIDGETS);
});
afterEach(async () => {
  application.discard();
  await database.drop();
});

const migrating = (): Promise<string[]> => application.migrate(database);

const applied = async (): Promise<string[]> =>
  (
    await database.admin.query<{ name: string }>("select name from tenancy.migrations order by number")
  ).rows.map(({ name }) => name);

const exists = async (relation: string): Promise<boolean> =>
  (await database.admin.query("select to_regclass($1) is not null as found", [relation])).rows[0].found;

describe("the application's migrations", () => {
  test("are applied once, in order, and written down in the history and the trail", async () => {
    application.write("000002-more.sql", "comment on table app.widgets is 'A widget.';");
    expect(await migrating()).toEqual(
      expect.arrayContaining(["migrations/000001-widgets.sql", "migrations/000002-more.sql"]),
    );
    expect(await migrating()).not.toContain("migrations/000001-widgets.sql");
    expect(await applied()).toEqual(["widgets", "more"]);
    expect(await accessDrift(database.app)).toEqual([]);
    expect(await schemaState(database.app, application.folder)).toEqual({ pending: [], rebuilt: [] });
    const { rows } = await database.admin.query(
      "select new_row ->> 'name' as name, actor_kind from audit.events where table_name = 'tenancy.migrations' order by at, id",
    );
    expect(rows).toEqual([
      { name: "widgets", actor_kind: "system" },
      { name: "more", actor_kind: "system" },
    ]);
  });

  test("are told to whoever asks what the database lacks", async () => {
    const state = await schemaState(database.auth, application.folder);
    expect(state).toEqual({ pending: ["migrations/000001-widgets.sql"], rebuilt: [] });
    expect(describeState(state)).toBe(
      'the database lacks migrations/000001-widgets.sql; run "rowhouse migrate"',
    );
  });

  test("come after Rowhouse's own, on an empty server too", async () => {
    await database.admin.query(
      "drop schema app, auth, context, audit, inspect, jobs, tenancy, extensions, graphile_migrate cascade",
    );
    await migrating();
    expect(await applied()).toEqual(["widgets"]);
    expect(await exists("app.widgets")).toBe(true);
  });

  test.each([
    ["1-widgets.sql", "called otherwise than 000002-some-words.sql"],
    ["000003-late.sql", "comes after number 1: number 2 is missing"],
    ["000001-wider.sql", "two migrations have the number 1"],
  ])("are refused with a file %s", async (file, message) => {
    application.write(file, "select 1;");
    await expect(migrating()).rejects.toThrow(message);
    expect(await exists("app.widgets")).toBe(false);
  });
});

describe("the history is refused", () => {
  beforeEach(async () => {
    application.write("000002-more.sql", "comment on table app.widgets is 'A widget.';");
    await migrating();
  });

  test("when an applied migration has changed, and all after it", async () => {
    application.write("000001-widgets.sql", `${WIDGETS}-- one line more\n`);
    await expect(migrating()).rejects.toThrow(
      "migrations/000001-widgets.sql, migrations/000002-more.sql changed after",
    );
    const state = await schemaState(database.app, application.folder);
    expect(state.rebuilt).toEqual(["migrations/000001-widgets.sql", "migrations/000002-more.sql"]);
    expect(describeState(state)).toContain("write another migration");
    // Line ends are no change.
    application.write("000001-widgets.sql", WIDGETS.replaceAll("\n", "\r\n"));
    expect((await schemaState(database.app, application.folder)).rebuilt).toEqual([]);
  });

  test("when an applied migration is gone", async () => {
    application.remove("000002-more.sql");
    await expect(migrating()).rejects.toThrow("has had migrations/000002-more.sql, and here is no such file");
  });

  test("when somebody edits it: nobody may", async () => {
    for (const sql of [
      "update tenancy.migrations set hash = repeat('0', 64)",
      "delete from tenancy.migrations",
    ]) {
      const client = await database.admin.connect();
      try {
        await client.query("begin; set local role rowhouse_owner");
        expect((await client.query(sql)).rowCount).toBe(0);
      } finally {
        await client.query("rollback");
        client.release();
      }
    }
  });
});

describe("a migration is applied whole or not at all, and not if it", () => {
  const refused = async (text: string, message: string): Promise<void> => {
    application.write("000001-widgets.sql", text);
    await expect(migrating()).rejects.toThrow(message);
    expect(await applied()).toEqual([]);
    for (const table of ["app.widgets", "app.gadgets", "public.gadgets"])
      expect(await exists(table)).toBe(false);
    expect(await accessDrift(database.app)).toEqual([]);
    expect(await schemaState(database.app, null)).toEqual({ pending: [], rebuilt: [] });
  };

  test("fails: the message has its line", () =>
    refused(`${WIDGETS}\nselect 1 / 0;\nselekt;\n`, "migrations/000001-widgets.sql, line"));

  test("fails after its table was made", () => refused(`${WIDGETS}\nselect 1 / 0;\n`, "division by zero"));

  test("names no schema", () => refused("create table gadgets (id uuid);", "no schema has been selected"));

  test.each(["commit", "rollback", "commit; begin"])("says %s", (words) =>
    refused(`select 1; ${words};`, "ends its transaction"),
  );

  test("leaves a table open", () =>
    refused("create table app.gadgets (id uuid primary key);", "select tenancy.protect('app.gadgets'"));

  test.each([
    ["a grant", "grant select (email) on app.users to rowhouse_worker", "grants on app.users is changed"],
    ["a policy", 'drop policy "nothing crosses the wall" on app.roles', "is missing"],
    [
      "a policy's condition",
      `alter policy "members see the roles of their tenant" on app.roles using (true)`,
      "is changed",
    ],
    [
      "another policy",
      `create policy "all" on app.roles for select to rowhouse_app using (true)`,
      `policy "all" on app.roles is added`,
    ],
    [
      "row security",
      "alter table app.roles no force row level security",
      "leaves tables without row security",
    ],
    [
      "row security of a secret",
      "alter table auth.passwords disable row level security",
      "row security of auth.passwords is changed",
    ],
    [
      "a function",
      "create or replace function context.user_id() returns uuid language sql stable parallel restricted return uuidv7()",
      "function context.user_id() is changed",
    ],
    ["a trigger", "drop trigger audit_changes on app.roles", "trigger audit_changes on app.roles is missing"],
    ["a schema", "grant usage on schema tenancy to rowhouse_app", "grants on schema tenancy"],
    [
      "what protects its own table",
      `${WIDGETS}; grant insert (tenant_id) on app.widgets to rowhouse_app`,
      "grants on app.widgets is changed",
    ],
    [
      "the wall of its own table",
      `${WIDGETS}; drop policy "nothing crosses the wall" on app.widgets`,
      `policy "nothing crosses the wall" on app.widgets is missing`,
    ],
    [
      "the trail of its own table",
      `${WIDGETS}; drop trigger audit_changes on app.widgets`,
      "trigger audit_changes on app.widgets is missing",
    ],
  ])("changes %s", (_, sql, message) => refused(sql, message));
});

test("what somebody changes by hand of a protected table is noticed, and mended as ours is", async () => {
  await migrating();
  await database.admin.query(
    `drop policy "nothing crosses the wall" on app.widgets; grant update (tenant_id) on app.widgets to rowhouse_app`,
  );
  expect(await accessDrift(database.app)).toEqual([
    { object: "grants on app.widgets", change: "changed" },
    { object: 'policy "nothing crosses the wall" on app.widgets', change: "missing" },
  ]);
  expect(await migrating()).toContain("mended: grants on app.widgets was changed");
  expect(await accessDrift(database.app)).toEqual([]);
});

test("a column that comes or goes is decided about by the same call", async () => {
  await migrating();
  const protect = "select tenancy.protect('app.widgets', read => 'read_widgets', write => 'write_widgets');";
  const change = `alter table app.widgets add column weight integer; comment on column app.widgets.weight is 'Grams.';`;
  application.write("000002-weight.sql", change);
  await expect(migrating()).rejects.toThrow("Where a table's columns change, call tenancy.protect() again");
  application.write("000002-weight.sql", `${change} ${protect}`);
  await migrating();
  const { rows } = await database.admin.query(
    "select has_column_privilege('rowhouse_app', 'app.widgets', 'weight', 'select, update') as open",
  );
  expect(rows).toEqual([{ open: true }]);
  application.write("000003-no-weight.sql", `alter table app.widgets drop column weight; ${protect}`);
  await migrating();
  expect(await accessDrift(database.app)).toEqual([]);
});

test("a table that is dropped is forgotten", async () => {
  await migrating();
  application.write("000002-no-widgets.sql", "drop table app.widgets;");
  await migrating();
  expect(await accessDrift(database.app)).toEqual([]);
  await database.admin.query("begin; set local role rowhouse_owner; select tenancy.protect_again(); commit");
  expect((await database.admin.query("select from tenancy.protected_tables")).rowCount).toBe(0);
});
