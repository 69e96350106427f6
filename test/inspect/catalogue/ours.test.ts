import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectRoot } from "../../../src/database/migrations.ts";
import { InspectError, withInspect } from "../../../src/inspect/catalogue/install.ts";
import { printSnapshot, takeSnapshot } from "../../../src/inspect/policies/snapshot.ts";
import { rowhouse } from "../../support/command_line.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { takeTurn } from "../../support/taking_turns.ts";
import { type BlankDatabase, createBlankDatabase } from "./blank_database.ts";

let database: TestDatabase;
let blank: BlankDatabase;
let folder: string;
let endTurn: () => Promise<void>;
beforeAll(async () => {
  endTurn = await takeTurn();
  [database, blank] = [await createDatabase({ application: false }), await createBlankDatabase()];
  folder = mkdtempSync(join(tmpdir(), "rowhouse-policies-"));
});
afterAll(async () => {
  await endTurn();
  await Promise.all([database.drop(), blank.drop()]);
  rmSync(folder, { recursive: true });
});

/** Rows without columns' names, as an auditor sees them. */
async function rows(sql: string): Promise<unknown[][]> {
  const client = await database.admin.connect();
  try {
    await client.query("set role rowhouse_auditor");
    return (await client.query({ text: sql, rowMode: "array" })).rows;
  } finally {
    client.release(true);
  }
}

describe("what an auditor reads of our own database", () => {
  test("every view answers", async () => {
    const views = await database.admin.query<{ name: string }>(
      "select oid::regclass::text as name from pg_class where relnamespace = 'inspect'::regnamespace and relkind = 'v'",
    );
    expect(views.rows.length).toBeGreaterThan(9);
    for (const { name } of views.rows)
      expect((await rows(`select * from ${name}`)).length, name).toBeGreaterThan(0);
  });

  test("every view and every column of it has a comment", async () => {
    const { rows: silent } = await database.admin.query(
      `select attrelid::regclass || '.' || attname as name from pg_attribute join pg_class on pg_class.oid = attrelid
       where relnamespace = 'inspect'::regnamespace and relkind = 'v' and attnum > 0 and col_description(attrelid, attnum) is null
       union all
       select oid::regclass::text from pg_class
       where relnamespace = 'inspect'::regnamespace and relkind = 'v' and obj_description(oid, 'pg_class') is null`,
    );
    expect(silent).toEqual([]);
  });

  test("the application reaches conversations in its tenant only, whatever else is permitted", async () => {
    expect(
      await rows(`select command, columns, reach, coalesce(using_expression, check_expression) like '((tenant_id = ( SELECT context.tenant_id() AS tenant_id)) AND %) AND %'
        from inspect.access where table_name = 'app.conversations' and role_name = 'rowhouse_app' order by 1`),
    ).toEqual([
      ["delete", null, "rows that satisfy the policies", true],
      ["insert", ["title", "team_id"], "rows that satisfy the policies", true],
      [
        "select",
        [
          "tenant_id",
          "id",
          "user_id",
          "title",
          "status",
          "created_at",
          "updated_at",
          "team_id",
          "pinned_at",
          "last_message_at",
          "deleted_at",
        ],
        "rows that satisfy the policies",
        true,
      ],
      ["update", ["title", "status", "pinned_at"], "rows that satisfy the policies", true],
    ]);
  });

  test("permissions are found in policies", async () => {
    expect(
      await rows(
        "select permissions from inspect.policies where table_name = 'app.memberships' and role_name = 'rowhouse_app' and command = 'update'",
      ),
    ).toEqual([[["manage_users"]]]);
  });

  test("every way around row security belongs to the design", async () => {
    expect(await rows("select kind, object, who from inspect.bypasses where not accepted")).toEqual([]);
    expect(await rows("select distinct kind from inspect.bypasses order by 1")).toEqual([
      ["definer function"],
      ["membership"],
      ["owner"],
      ["superuser"],
    ]);
  });

  test("no key of the API's tables crosses tenants, and no index is missing", async () => {
    expect(
      await rows("select key_name from inspect.keys where table_name like 'app.%' and not within_tenant"),
    ).toEqual([]);
    expect(await rows("select risk from inspect.indexes where kind <> 'index'")).toEqual([]);
  });

  test("nothing in app stops a distribution by tenant", async () => {
    expect(
      await rows(
        "select object, finding from inspect.portability where severity = 'blocks' and object like 'app.%'",
      ),
    ).toEqual([]);
  });

  test("policies can be read in words", async () => {
    expect(
      await rows(
        "select inspect.in_words(using_expression) from inspect.policies where table_name = 'app.roles' and role_name = 'rowhouse_app' and command = 'delete'",
      ),
    ).toEqual([
      [
        `(tenant_id is the caller's tenant and tenant_id is the tenant that the context states) and (tenant_id is the caller's tenant, where they must hold "manage_roles" and not built_in and tenant_id is the caller's tenant, where they hold all of permissions)`,
      ],
    ]);
  });
});

describe("db/policies.json", () => {
  test("is current (else: rowhouse policies snapshot --output db/policies.json, and review rowhouse policies diff)", async () => {
    const taken = await withInspect(database.adminUrl, takeSnapshot);
    expect(printSnapshot(taken)).toBe(readFileSync(join(projectRoot, "db", "policies.json"), "utf8"));
  });
});

describe("a database that Rowhouse never saw", () => {
  test("is inspected, and nothing stays behind", async () => {
    await blank.query("create table public.notes (org_id uuid not null, id uuid, primary key (org_id, id))");
    const tables = await withInspect(
      blank.url,
      async (client) => (await client.query("select table_name, row_security from inspect.tables")).rows,
    );
    expect(tables).toEqual([{ table_name: "public.notes", row_security: false }]);
    const { rows: left } = await blank.query("select from pg_namespace where nspname = 'inspect'");
    expect(left).toEqual([]);
  });

  test("a server that is read-only is told so", async () => {
    const url = new URL(blank.url);
    url.searchParams.set("options", "-c default_transaction_read_only=on");
    await expect(withInspect(url.href, async () => {})).rejects.toThrow(InspectError);
    await expect(withInspect(url.href, async () => {})).rejects.toThrow(/read-only/);
  });

  test("a role that may not make schemas is told what it lacks", async () => {
    // rowhouse_app has no rights in a database that is not Rowhouse's.
    const url = new URL(database.appUrl);
    url.pathname = new URL(blank.url).pathname;
    await expect(withInspect(url.href, async () => {})).rejects.toThrow(/may not create schemas/);
  });

  test("a schema inspect of somebody else's is left alone", async () => {
    await blank.query("create schema inspect");
    await expect(withInspect(blank.url, async () => {})).rejects.toThrow(/not Rowhouse's/);
    await blank.query("drop schema inspect");
  });
});

const policies = (...args: string[]) => rowhouse(["policies", ...args], folder);

describe("rowhouse policies", () => {
  const at = (name: string): string => join(folder, name);

  test("snapshot and diff: a widening fails, a tightening does not", async () => {
    const before = at("before.json");
    expect((await policies("snapshot", "--database", database.adminUrl, "--output", before)).code).toBe(0);
    const same = await policies("diff", before, "--database", database.adminUrl);
    expect(same).toMatchObject({ code: 0, out: "no difference\n" });

    const tighter = await createDatabase({ application: false });
    try {
      await tighter.admin.query("revoke delete on app.conversations from rowhouse_app");
      const revoked = await policies("diff", before, tighter.adminUrl);
      expect(revoked).toMatchObject({ code: 0 });
      expect(revoked.out).toContain("- app.conversations: revoked delete to rowhouse_app");
      expect((await policies("diff", before, tighter.adminUrl, "--fail-on", "any")).code).toBe(1);

      await tighter.admin.query(`drop policy "nothing crosses the wall" on app.messages`);
      const widened = await policies("diff", before, tighter.adminUrl, "--format", "json");
      expect(widened.code).toBe(1);
      expect(JSON.parse(widened.out)[0]).toMatchObject({
        direction: "widening",
        object: 'policy "nothing crosses the wall" on app.messages',
      });
      expect((await policies("diff", before, tighter.adminUrl, "--fail-on", "never")).code).toBe(0);
    } finally {
      await tighter.drop();
    }
  });

  test("report writes a page that needs nothing else, and Markdown", async () => {
    const [html, markdown] = [at("review.html"), at("review.md")];
    const title = "Review <of> Q4";
    const written = await policies(
      "report",
      "--database",
      database.adminUrl,
      "--html",
      html,
      "--markdown",
      markdown,
      "--title",
      title,
    );
    expect(written.code).toBe(0);
    const page = readFileSync(html, "utf8");
    expect(page).toContain("<title>Review &lt;of&gt; Q4</title>");
    expect(page).toContain("tenant_id is the caller&#39;s tenant".replace("&#39;", "'"));
    expect(page).toContain(
      "A conversation is between one person and the machine; colleagues do not read along.",
    );
    expect(page).not.toMatch(/<script|src=|href="http|url\(/);
    const text = readFileSync(markdown, "utf8");
    expect(text).toContain("| app.conversations | S I U D |");
    expect(text).toContain("nobody attacked the database");
  });

  test("a mistake at the keyboard has status 2 and says what", async () => {
    expect(await policies()).toMatchObject({
      code: 2,
      err: expect.stringContaining("snapshot, diff or report"),
    });
    expect(await policies("diff", "nowhere.json")).toMatchObject({
      code: 2,
      err: expect.stringContaining("nowhere.json"),
    });
    expect((await policies("report", "--database", database.adminUrl)).code).toBe(2);
    expect(await policies("snapshot", "--database", "postgres://nobody@127.0.0.1:1/none")).toMatchObject({
      code: 2,
      err: expect.stringContaining("nothing answers"),
    });
  });
});
