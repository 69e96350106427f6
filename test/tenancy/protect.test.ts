import { readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { actingAs as connectingAs } from "../../src/database/credentials.ts";
import { projectRoot } from "../../src/database/migrations.ts";
import { snapshot } from "../../src/database/snapshot.ts";
import { withInspect } from "../../src/inspect/catalogue/install.ts";
import { readChecks } from "../../src/inspect/lint/checks.ts";
import { lint } from "../../src/inspect/lint/lint.ts";
import { actors } from "../support/acting_as.ts";
import { type Application, makeApplication } from "../support/application.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { createMember } from "../support/people.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

const template = (file: string): string =>
  readFileSync(join(projectRoot, "src", "commands", "new", file), "utf8");
/** A table of the tenants', and one of which each row is somebody's: as `rowhouse new table` writes them. */
const WIDGETS = template("table.sql");
const NOTES = template("own_table.sql").replaceAll("widgets", "notes");

let database: TestDatabase;
let application: Application;
let owner: pg.Client;
let acme: TenantFixture;
let globex: TenantFixture;
const actingAs = (actor: Parameters<ReturnType<typeof actors>>[0]) => actors(database.app)(actor);

beforeAll(async () => {
  database = await createDatabase({ application: false });
  // Companies from before the application had permissions of its own.
  ({ acme, globex } = await buildTenants(database));
  application = makeApplication();
  application.write("000001-widgets.sql", WIDGETS);
  application.write("000002-notes.sql", NOTES);
  await application.migrate(database);
  owner = new pg.Client({ connectionString: connectingAs(database.adminUrl, "rowhouse_owner") });
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  application.discard();
  await database.drop();
});

/** Runs SQL as the owner and takes it back; the refusal, if there is one. */
async function refusal(...statements: string[]): Promise<pg.DatabaseError | null> {
  await owner.query("begin");
  try {
    for (const sql of statements) await owner.query(sql);
    return null;
  } catch (error) {
    if (error instanceof pg.DatabaseError) return error;
    throw error;
  } finally {
    await owner.query("rollback");
  }
}

describe("a protected table", () => {
  test("has what ours have, and nothing for the linter to say", async () => {
    const { rows } = await database.admin.query(
      `select relrowsecurity and relforcerowsecurity as closed, relowner::regrole::text as owner,
         (select array_agg(tgname::text order by tgname) from pg_trigger where tgrelid = pg_class.oid and not tgisinternal) as triggers,
         (select count(*)::integer from pg_policy where polrelid = pg_class.oid and obj_description(oid, 'pg_policy') is null) as silent
       from pg_class where oid in ('app.widgets'::regclass, 'app.notes'::regclass)`,
    );
    const expected = {
      closed: true,
      owner: "rowhouse_owner",
      triggers: ["audit_changes", "audit_truncate", "touch_updated_at"],
      silent: 0,
    };
    expect(rows).toEqual([expected, expected]);
    const findings = await withInspect(database.adminUrl, (client) => lint(client, readChecks()));
    expect(findings.filter(({ object, detail }) => /widgets|notes|tenancy/.test(object + detail))).toEqual(
      [],
    );
  });

  test("is as it was when it is protected again, and when db/schema is replayed", async () => {
    const before = await snapshot(owner);
    await owner.query(
      "select tenancy.protect('app.widgets', read => 'read_widgets', write => 'write_widgets'), tenancy.protect_again()",
    );
    expect(await snapshot(owner)).toBe(before);
    await application.migrate(database);
    expect(await snapshot(owner)).toBe(before);
  });

  test("takes what it is asked for the second time", async () => {
    const before = await snapshot(owner);
    await owner.query("begin");
    await owner.query("select tenancy.protect('app.widgets', readable => '{name}')");
    const { rows } = await owner.query(
      `select (select array_agg(policyname::text order by policyname collate "C") from pg_policies where tablename = 'widgets') as policies,
         has_column_privilege('rowhouse_app', 'app.widgets', 'created_at', 'select') as "seesTime",
         has_any_column_privilege('rowhouse_app', 'app.widgets', 'insert, update') as writes,
         has_table_privilege('rowhouse_app', 'app.widgets', 'delete') as deletes`,
    );
    await owner.query("rollback");
    expect(rows).toEqual([
      {
        policies: [
          "an erased tenant takes along what it owns",
          "members read",
          "nothing crosses the wall",
          "the desk explains one row, the erasure finds a tenant's",
        ],
        seesTime: false,
        writes: false,
        deletes: false,
      },
    ]);
    expect(await snapshot(owner)).toBe(before);
  });

  test("keeps policies that the application gave other names, inside the wall", async () => {
    await owner.query("begin");
    await owner.query(
      `create policy "everything" on app.widgets for select to rowhouse_app using (true);
       select tenancy.protect_again()`,
    );
    const { rowCount } = await owner.query("select from pg_policies where policyname = 'everything'");
    await owner.query("rollback");
    expect(rowCount).toBe(1);
  });
});

describe("rows that are the tenant's", () => {
  test("are read with the one permission and written with the other, in the caller's tenant only", async () => {
    await actingAs(acme.admin).expect("insert into app.widgets (name) values ('Bolt')").toReach(1);
    for (const reader of [acme.admin, acme.owner, acme.member]) {
      await actingAs(reader).expect("select name from app.widgets").toReach(1);
    }
    for (const stranger of [acme.viewer, globex.admin, globex.member, null]) {
      await actingAs(stranger).expect("select name from app.widgets").toReach(0);
    }
    for (const sql of [
      "insert into app.widgets (name) values ('Nut')",
      "update app.widgets set name = 'Nut'",
      "delete from app.widgets",
    ]) {
      await actingAs(acme.member).expect(sql).toBeRefused("RH403", "write_widgets");
      await actingAs(acme.viewer).expect(sql).toBeRefused("RH403", "write_widgets");
    }
    await actingAs(globex.admin).expect("update app.widgets set name = 'Theirs'").toReach(0);
    await actingAs(globex.admin).expect("delete from app.widgets").toReach(0);
    await actingAs(acme.admin).expect("select from app.widgets where name = 'Bolt'").toReach(1);
  });

  test("have a tenant, a key and times that nobody may give", async () => {
    for (const column of ["tenant_id", "id", "created_at", "updated_at"]) {
      await actingAs(acme.admin)
        .expect(`insert into app.widgets (name, ${column}) values ('Nut', default)`)
        .toBeRefused("42501");
      await actingAs(acme.admin).expect(`update app.widgets set ${column} = default`).toBeRefused("42501");
    }
    await actingAs(acme.admin).expect("truncate app.widgets").toBeRefused("42501");
    await actingAs(acme.admin).expect("select ctid from app.widgets").toBeRefused("42501");
  });

  test("leave a trail without what people wrote", async () => {
    const { rows } = await database.admin.query(
      "select actor_id, new_row ->> 'name' as name from audit.events where table_name = 'app.widgets' and action = 'insert'",
    );
    expect(rows).toEqual([{ actor_id: acme.admin.userId, name: "[redacted]" }]);
  });

  test("are explained by the desk, and named by who can", async () => {
    const { rows } = await database.admin.query(
      "select distinct unnest(permissions) as permission from inspect.who_can('app.widgets') order by 1",
    );
    expect(rows.map(({ permission }) => permission)).toEqual(["read_widgets", "write_widgets"]);
  });
});

describe("rows that are somebody's", () => {
  test("are theirs without a permission, and others' with one", async () => {
    for (const person of [acme.member, acme.colleague, acme.viewer, globex.member]) {
      await actingAs(person).expect("insert into app.notes (name) values ('Mine')").toReach(1);
      await actingAs(person).expect("select name from app.notes").toReach(1);
      await actingAs(person).expect("update app.notes set name = 'Still mine'").toReach(1);
    }
    await actingAs(acme.admin).expect("select name from app.notes").toReach(3);
    await actingAs(acme.admin).expect("update app.notes set name = 'Seen'").toReach(3);
    // What one may not change is hidden, also from who would count it by a refusal.
    await actingAs(acme.member)
      .expect("delete from app.notes where user_id = $1", [acme.colleague.userId])
      .toReach(0);
    await actingAs(acme.member).expect("delete from app.notes").toReach(1);
    await actingAs(acme.admin).expect("select name from app.notes").toReach(2);
  });

  test("never change hands", async () => {
    await actingAs(acme.member)
      .expect("insert into app.notes (name, user_id) values ('Yours', $1)", [acme.colleague.userId])
      .toBeRefused("42501");
    await actingAs(acme.admin)
      .expect("update app.notes set user_id = $1", [acme.admin.userId])
      .toBeRefused("42501");
  });
});

describe("a permission of the application's", () => {
  const holders = async (permission: string): Promise<string[]> =>
    (
      await database.admin.query<{ role: string }>(
        "select distinct name as role from app.roles where $1 = any (permissions) order by 1",
        [permission],
      )
    ).rows.map(({ role }) => role);

  test("is held by the administrators of every tenant, old and new, and by whom it names", async () => {
    expect(await holders("write_widgets")).toEqual(["admin"]);
    expect(await holders("read_widgets")).toEqual(["admin", "member"]);
    const { rows } = await database.admin.query(
      "select auth.create_tenant('initech', 'Initech', $1) as tenant",
      [acme.owner.userId],
    );
    const made = await database.admin.query(
      "select name, 'read_widgets' = any (permissions) as reads from app.roles where tenant_id = $1 order by 1",
      [rows[0].tenant],
    );
    expect(made.rows).toEqual([
      { name: "admin", reads: true },
      { name: "guest", reads: false },
      { name: "member", reads: true },
      { name: "viewer", reads: false },
    ]);
  });

  test("can be granted by who holds it, and by nobody else", async () => {
    const sql = "insert into app.roles (name, permissions) values ($1, '{write_widgets}')";
    await actingAs(acme.admin).expect(sql, ["builders"]).toReach(1);
    const manager = await createMember(database, { tenant: acme, role: "member" });
    await database.admin.query(
      `with role as (
         insert into app.roles (tenant_id, name, permissions) values ($1, 'managers', '{manage_roles}') returning id
       ) update app.memberships set role_id = role.id from role where memberships.id = $2`,
      [acme.tenantId, manager.membershipId],
    );
    await actingAs(manager).expect(sql, ["more"]).toBeRefused("RH403", "write_widgets");
  });

  test("is taken from built-in roles that are named no more, and from no other", async () => {
    await owner.query("begin");
    await owner.query("select tenancy.permission('read_widgets', 'See them.')");
    const { rows } = await owner.query("select description from app.permissions where name = 'read_widgets'");
    expect(rows).toEqual([{ description: "See them." }]);
    await owner.query("commit");
    expect(await holders("read_widgets")).toEqual(["admin"]);
    await owner.query("select tenancy.permission('read_widgets', 'See them.', '{member}')");
    expect(await holders("read_widgets")).toEqual(["admin", "member"]);
  });

  test("is none of Rowhouse's, whose meaning stays", async () => {
    expect(await refusal("select tenancy.permission('view_audit', 'Nothing much.')")).toMatchObject({
      code: "RH400",
      message: `the permission "view_audit" is one of Rowhouse's own`,
    });
    expect(await refusal("select tenancy.permission('Read', 'See.')")).toMatchObject({ code: "23514" });
    expect(await refusal("select tenancy.permission('see', 'See.', '{owner}')")).toMatchObject({
      code: "23514",
    });
  });
});

test("nobody who serves requests may enter the schema", async () => {
  for (const pool of [database.app, database.auth, database.worker]) {
    for (const sql of [
      "select tenancy.protect('app.widgets')",
      "select tenancy.permission('all', 'All.')",
      "select tenancy.protect_again()",
      "select from tenancy.migrations",
      "select from tenancy.protected_tables",
    ]) {
      await expect(pool.query(sql)).rejects.toMatchObject({ code: "42501" });
    }
  }
});

describe("a table is refused that", () => {
  /** The columns that a rule is not about, and what stands in for them. */
  const table = (changes: Readonly<Record<string, string>> = {}): string => {
    const parts = {
      tenant_id: "uuid not null default context.tenant_id() references app.tenants",
      id: "uuid not null default uuidv7()",
      "primary key": "(tenant_id, id)",
      ...changes,
    };
    const lines = Object.entries(parts).flatMap(([name, rest]) => (rest === "" ? [] : `${name} ${rest}`));
    return `create table app.gadgets (${lines.join(", ")}); comment on table app.gadgets is 'A gadget.'`;
  };
  const protect = (options = "") => `select tenancy.protect('app.gadgets'${options})`;
  const commented = (column: string) => `comment on column app.gadgets.${column} is 'What it holds.'`;

  test.each<[why: string, rule: string, statements: string[]]>([
    ["has no tenant", "tenant", [table({ tenant_id: "", "primary key": "(id)" }), protect()]],
    [
      "may have no tenant",
      "tenant",
      [
        table({ tenant_id: "uuid default context.tenant_id() references app.tenants" }).replace(
          "primary key (tenant_id, id)",
          "primary key (id)",
        ),
        protect(),
      ],
    ],
    [
      "takes its tenant from the caller",
      "tenant",
      [table({ tenant_id: "uuid not null references app.tenants" }), protect()],
    ],
    [
      "has a tenant that is none",
      "tenant",
      [table({ tenant_id: "uuid not null default context.tenant_id()" }), protect()],
    ],
    ["has a key without the tenant", "key", [table({ "primary key": "(id)" }), protect()]],
    ["has a key the other way round", "key", [table({ "primary key": "(id, tenant_id)" }), protect()]],
    ["has ids that can be counted", "key", [table({ id: "bigint generated always as identity" }), protect()]],
    [
      "is unique across tenants",
      "unique key",
      [table({ name: "text unique" }), commented("name"), protect()],
    ],
    [
      "is unique across tenants by an index",
      "unique key",
      [
        table({ name: "text" }),
        commented("name"),
        "create unique index on app.gadgets (lower(name))",
        protect(),
      ],
    ],
    [
      "is unique across people whose rows are hidden",
      "unique key",
      [
        table({
          user_id: "uuid not null default context.user_id()",
          "foreign key": "(tenant_id, user_id) references app.memberships (tenant_id, user_id)",
          name: "text",
          unique: "(tenant_id, name)",
        }),
        "create index on app.gadgets (tenant_id, user_id)",
        commented("name"),
        "comment on constraint gadgets_tenant_id_name_key on app.gadgets is 'One of a kind.'",
        protect(", owner => 'user_id'"),
      ],
    ],
    [
      "refers to a row without its tenant",
      "foreign key",
      [
        table({ user_id: "uuid references app.users" }),
        "create index on app.gadgets (tenant_id, user_id)",
        "create index on app.gadgets (user_id)",
        commented("user_id"),
        protect(),
      ],
    ],
    [
      "refers to what the API does not show",
      "foreign key",
      [
        table({
          key_id: "uuid",
          "foreign key": "(tenant_id, key_id) references auth.api_keys (tenant_id, id)",
        }),
        "create index on app.gadgets (tenant_id, key_id)",
        commented("key_id"),
        protect(),
      ],
    ],
    [
      "would empty its tenant",
      "foreign key",
      [
        table({
          widget_id: "uuid",
          "foreign key": "(tenant_id, widget_id) references app.widgets on delete set null",
        }),
        "create index on app.gadgets (tenant_id, widget_id)",
        commented("widget_id"),
        protect(),
      ],
    ],
    [
      "refers to rows without an index",
      "foreign key",
      [
        table({ widget_id: "uuid", "foreign key": "(tenant_id, widget_id) references app.widgets" }),
        commented("widget_id"),
        protect(),
      ],
    ],
    [
      "has an index over all tenants",
      "index",
      [table({ name: "text" }), commented("name"), "create index on app.gadgets (name)", protect()],
    ],
    [
      "has an index that row security puts out of use",
      "index",
      [
        table({ price: "numeric" }),
        commented("price"),
        "create index on app.gadgets (tenant_id, price)",
        protect(),
      ],
    ],
    [
      "is listed in an order without an index",
      "list",
      [
        table({ name: "text not null" }),
        commented("name"),
        "comment on table app.gadgets is E'@orders id\\n@orders name\\nA gadget.'",
        protect(),
      ],
    ],
    [
      "is filtered without an index",
      "list",
      [
        table({ name: "text not null" }),
        "comment on column app.gadgets.name is E'@behavior +filterBy\\nIts name.'",
        "create index on app.gadgets (tenant_id, id, name)",
        protect(),
      ],
    ],
    [
      "is listed in an order of what may be null",
      "list",
      [
        table({ name: "text" }),
        commented("name"),
        "comment on table app.gadgets is E'@orders name\\nA gadget.'",
        "create index on app.gadgets (tenant_id, name, id)",
        protect(),
      ],
    ],
    ["has a time without a zone", "time", [table({ made: "timestamp" }), commented("made"), protect()]],
    ["says nothing of itself", "comment", [table(), "comment on table app.gadgets is null", protect()]],
    ["says nothing of a column", "comment", [table({ name: "text" }), protect()]],
    [
      "says nothing to who breaks its rule",
      "comment",
      [table({ name: "text check (name <> '')" }), commented("name"), protect()],
    ],
    ["wants a permission that is none", "permission", [table(), protect(", read => 'read_gadgets'")]],
    ["names an owner that is none", "owner of rows", [table(), protect(", owner => 'user_id'")]],
    [
      "names an owner whom the caller may choose",
      "owner of rows",
      [
        table({
          user_id: "uuid not null",
          "foreign key": "(tenant_id, user_id) references app.memberships (tenant_id, user_id)",
        }),
        "create index on app.gadgets (tenant_id, user_id)",
        protect(", owner => 'user_id'"),
      ],
    ],
    [
      "names an owner who need not be a member",
      "owner of rows",
      [table({ user_id: "uuid not null default context.user_id()" }), protect(", owner => 'user_id'")],
    ],
    ["shows a column that is not there", "column", [table(), protect(", readable => '{name}'")]],
    [
      "takes the tenant as input",
      "input",
      [table(), protect(", write => 'write_widgets', insertable => '{tenant_id}'")],
    ],
    ["is unlogged", "kind", [table().replace("create table", "create unlogged table"), protect()]],
    [
      "is somewhere else",
      "schema",
      [table(), "alter table app.gadgets set schema tenancy", "select tenancy.protect('tenancy.gadgets')"],
    ],
    ["is a view", "kind", ["create view app.gadgets as select 1 as id", protect()]],
  ])("%s (%s)", async (_, rule, statements) => {
    const refused = await refusal(...statements);
    expect(refused).toMatchObject({ code: "RH400", hint: expect.stringContaining("your-own-tables") });
    expect(refused?.message).toMatch(
      /^(app|tenancy)\.gadgets cannot be protected: it breaks \d+ of the rules/,
    );
    const rules = [...(refused?.detail ?? "").matchAll(/^\d+\. ([a-z ]+):/gm)].map(([, name]) => name);
    expect(rules).toContain(rule);
    // Every rule comes with what to do.
    expect(
      refused?.detail?.split("\n").filter((line) => line.startsWith("   ")).length,
    ).toBeGreaterThanOrEqual(rules.length);
  });

  test("belongs to somebody else", async () => {
    const client = await database.admin.connect();
    try {
      await client.query("begin");
      await client.query(table());
      const refused = await client.query(protect()).catch((error: pg.DatabaseError) => error);
      expect(refused).toMatchObject({
        code: "RH400",
        detail: expect.stringContaining("owner: it belongs to"),
      });
    } finally {
      await client.query("rollback");
      client.release();
    }
  });

  test("breaks rules, until it follows the advice", async () => {
    const bad = `create table app.gadgets (id bigint primary key, made timestamp, name text unique);`;
    const call = protect(", read => 'read_gadgets'");
    const { detail = "" } = (await refusal(bad, call)) ?? {};
    const advice = detail.split("\n").filter((line) => line.startsWith("   "));
    expect(advice.length).toBe(10);
    expect(await refusal(bad, ...advice, call)).toBeNull();
  });

  test("the well-made table is not refused", async () => {
    expect(await refusal(table(), protect())).toBeNull();
  });
});
