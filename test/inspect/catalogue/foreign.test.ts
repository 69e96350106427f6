import { readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { applySettings, install } from "../../../src/inspect/catalogue/install.ts";
import { guessSettings } from "../../../src/inspect/catalogue/settings.ts";
import { type BlankDatabase, createBlankDatabase } from "./blank_database.ts";

let database: BlankDatabase;
let client: pg.Client;

// Roles belong to the whole server: they, and all else, live in a transaction that nobody else sees.
beforeAll(async () => {
  database = await createBlankDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query("begin");
  await client.query(readFileSync(join(import.meta.dirname, "foreign.sql"), "utf8"));
  await client.query("set local search_path = ''");
  await install(client);
});
afterAll(async () => {
  await client.query("rollback");
  await client.end();
  await database.drop();
});

/** Rows without columns' names. */
const rows = async (sql: string): Promise<unknown[][]> =>
  (await client.query({ text: sql, rowMode: "array" })).rows;

describe("the names of a foreign database", () => {
  test("are guessed: schemas, the column of the tenant, the roles of callers, the schema that policies ask", async () => {
    const settings = await guessSettings(client);
    expect(settings).toEqual({
      schemas: ["shop", "who"],
      exposedSchemas: ["shop"],
      tenantColumn: "org_id",
      apiRoles: ["shop_report", "shop_web"],
      contextSchema: "who",
    });
    await applySettings(client, settings);
    expect(await rows("select inspect.schemas(), inspect.tenant_column(), inspect.context_schema()")).toEqual(
      [[["shop", "who"], "org_id", "who"]],
    );
  });
});

describe("inspect.policies", () => {
  const effective = async (role: string, command: string): Promise<unknown[] | undefined> =>
    (
      await rows(`
        select row_security, inspect.tidy(using_expression), inspect.tidy(check_expression), inspect.tidy(reading_expression), permissions
        from inspect.policies where table_name = 'shop.customers' and role_name = '${role}' and command = '${command}'`)
    )[0];

  test("joins permissive policies with OR, and restrictive ones to them with AND", async () => {
    expect(await effective("shop_web", "select")).toEqual([
      "holds",
      `(org_id = (select who.org())) AND (((select who.may('it''s "old" (or not)'))) OR ((select who.may('read')) OR (tier > (2)::numeric)))`,
      null,
      null,
      [`it's "old" (or not)`, "read"],
    ]);
  });

  test("tells the check of new rows, which is USING where a policy has none", async () => {
    const [, using, check] = (await effective("shop_web", "update"))!;
    expect(using).toBe("(org_id = (select who.org())) AND ((select who.may('write')))");
    expect(check).toBe("(org_id = (select who.org())) AND (tier < (10)::numeric)");
  });

  test("leaves only the restrictive condition where a permissive policy is always true", async () => {
    const [, using, check, reading] = (await effective("shop_web", "insert"))!;
    expect([using, check]).toEqual([null, "org_id = (select who.org())"]);
    expect(reading).toContain("who.may('read')");
  });

  test("denies by default: a restrictive policy alone opens nothing", async () => {
    const [, using, , , permissions] = (await effective("shop_web", "delete"))!;
    expect([using, permissions]).toEqual(["false", []]);
  });

  test("holds members of a role by the role's policies, if they inherit it", async () => {
    expect(await effective("shop_clerk", "select")).toEqual(await effective("shop_web", "select"));
  });

  test("knows whom row security does not hold: BYPASSRLS, and owners without force", async () => {
    expect(
      await rows(`
      select distinct table_name, role_name, row_security from inspect.policies
      where row_security not in ('holds', 'off') order by 1, 2`),
    ).toEqual([
      ["shop.customers", "shop_import", "bypassed"],
      ["shop.orders", "shop_owner", "not forced"],
    ]);
  });

  test("agrees with what PostgreSQL does", async () => {
    const org = "00000000-0000-0000-0000-00000000000a";
    await client.query(`
      savepoint attempt;
      insert into shop.customers (org_id, id, email, tier)
      select case when n % 2 = 0 then '${org}' else '00000000-0000-0000-0000-00000000000b' end::uuid, gen_random_uuid(), n || '@x', n
      from generate_series(1, 8) as n`);
    const using = (
      await rows(`select using_expression from inspect.policies
      where table_name = 'shop.customers' and role_name = 'shop_web' and command = 'select'`)
    )[0]![0];
    for (const may of ["", "read", `it's "old" (or not)`]) {
      await client.query("select set_config('shop.org', $1, true), set_config('shop.may', $2, true)", [
        org,
        may,
      ]);
      const computed = await rows(`select email from shop.customers as customers where ${using} order by 1`);
      await client.query("set local role shop_web");
      const seen = await rows("select email from shop.customers order by 1");
      await client.query("reset role");
      expect(computed, `may: ${may}`).toEqual(seen);
      expect(seen.length).toBe(may === "" ? 3 : 4);
    }
    await client.query("rollback to savepoint attempt");
  });
});

describe("inspect.access", () => {
  test("folds grants, columns and inheritance in", async () => {
    expect(
      await rows(`
      select role_name, command, columns, because, reach from inspect.access
      where table_name = 'shop.customers' and role_name in ('shop_web', 'shop_clerk', 'shop_import') order by 1, 2`),
    ).toEqual([
      [
        "shop_clerk",
        "insert",
        ["org_id", "id", "email"],
        "inherits shop_web",
        "rows that satisfy the policies",
      ],
      ["shop_clerk", "select", null, "inherits shop_web", "rows that satisfy the policies"],
      ["shop_clerk", "update", ["notes"], "inherits shop_web", "rows that satisfy the policies"],
      ["shop_import", "select", null, "granted", "every row"],
      ["shop_web", "insert", ["org_id", "id", "email"], "granted", "rows that satisfy the policies"],
      ["shop_web", "select", null, "granted", "rows that satisfy the policies"],
      ["shop_web", "update", ["notes"], "granted", "rows that satisfy the policies"],
    ]);
  });

  test("knows that a grant without USAGE on the schema reaches nothing", async () => {
    await client.query("savepoint attempt; revoke usage on schema shop from shop_web");
    expect(await rows("select distinct reach from inspect.access where role_name = 'shop_web'")).toEqual([
      ["none"],
    ]);
    await client.query("rollback to savepoint attempt");
  });

  test("tells what tables to come will be open for", async () => {
    expect(
      await rows(
        "select table_name, role_name, command, reach from inspect.access where kind = 'table to come'",
      ),
    ).toEqual([["shop.*", "shop_report", "select", "every row"]]);
  });
});

describe("inspect.bypasses", () => {
  const kinds: readonly (readonly [kind: string, object: string, who: string])[] = [
    ["bypassrls", "every table", "shop_import"],
    ["row security off", "shop.prices", "shop_web"],
    ["owner", "shop_owner's 2 tables", "shop_owner"],
    ["membership", "shop_web", "shop_clerk"],
    ["membership", "shop_owner", "shop_boss"],
    ["definer function", "shop.all_emails()", "public"],
    ["view of its owner", "shop.everybody", "shop_report"],
    ["materialised view", "shop.totals", "postgres only"],
    ["grant on a partition", "shop.moves_2026", "shop_web"],
    ["grant of truncate", "shop.orders", "shop_web"],
    ["grant of references", "shop.prices", "shop_report"],
    ["referential action", "shop.lines → shop.orders", "whoever may delete or update there"],
    ["leakproof function", "shop.peek(text)", "public"],
    ["default privileges", "shop.*", "shop_report"],
  ];
  test.each(kinds)("%s: %s, %s", async (kind, object, who) => {
    const found = await client.query(
      "select who, accepted from inspect.bypasses where kind = $1 and object = $2 and position($3 in who) > 0",
      [kind, object, who],
    );
    expect(found.rows).toHaveLength(1);
    expect(found.rows[0].accepted).toBe(false);
  });

  test("does not name a view that asks as its caller, nor a partition without grants", async () => {
    expect(
      await rows("select object from inspect.bypasses where object in ('shop.own', 'shop.moves')"),
    ).toEqual([]);
  });

  test("tells how a member comes by a role: always, or by SET ROLE", async () => {
    expect(
      await rows(
        "select who, why from inspect.bypasses where kind = 'membership' and who like 'shop%' order by 1",
      ),
    ).toEqual([
      ["shop_boss", "shop_boss may become shop_owner"],
      ["shop_clerk", "shop_clerk has the rights of shop_web always and may become shop_web"],
    ]);
  });

  test("names publications", async () => {
    await client.query("savepoint attempt; create publication out for table shop.customers");
    expect(await rows("select object, who from inspect.bypasses where kind = 'publication'")).toEqual([
      ["shop.customers", "out"],
    ]);
    await client.query("rollback to savepoint attempt");
  });
});

describe("the other views", () => {
  test("inspect.keys: which keys are felt across tenants", async () => {
    expect(
      await rows(
        "select key_name, kind, within_tenant from inspect.keys where table_name in ('shop.customers', 'shop.orders', 'shop.lines') order by 1",
      ),
    ).toEqual([
      ["customers_email_key", "unique", false],
      ["customers_pkey", "primary", true],
      ["lines_order_id_fkey", "foreign", false],
      ["lines_pkey", "primary", true],
      ["orders_org_id_id_key", "unique", true],
      ["orders_pkey", "primary", false],
    ]);
  });

  test("inspect.indexes: numeric is not leakproof, uuid and text are; and what is missing", async () => {
    expect(
      await rows("select index_name, columns from inspect.indexes where kind = 'index' and risk is not null"),
    ).toEqual([["shop.customers_by_tier", ["org_id", "tier"]]]);
    expect(
      await rows("select table_name, kind, columns from inspect.indexes where kind <> 'index' order by 1"),
    ).toEqual([["shop.lines", "missing for foreign key", ["order_id"]]]);
    await client.query("savepoint attempt; alter table shop.orders drop constraint orders_org_id_id_key");
    expect(
      await rows(
        "select columns from inspect.indexes where kind = 'missing for policy' and table_name = 'shop.orders'",
      ),
    ).toEqual([[["org_id"]]]);
    await client.query("rollback to savepoint attempt");
  });

  test("inspect.functions: as whom it runs, with which path, and who may", async () => {
    expect(
      await rows(`select function_name, owner_name, security, search_path, executable_by, leakproof, volatility
      from inspect.functions where schema_name = 'shop' order by 1`),
    ).toEqual([
      ["shop.all_emails()", "shop_import", "definer", null, ["public"], false, "volatile"],
      ["shop.log_change()", "postgres", "invoker", null, ["public"], false, "volatile"],
      ["shop.peek(text)", "postgres", "invoker", null, ["public"], true, "immutable"],
    ]);
    expect(
      (
        await rows(
          "select cardinality(used_by_policies) from inspect.functions where function_name = 'who.org()'",
        )
      )[0],
    ).toEqual([2]);
  });

  test("inspect.audit_coverage: what leaves no trace", async () => {
    expect(
      await rows(
        "select table_name, gap from inspect.audit_coverage where table_name in ('shop.orders', 'shop.prices') order by 1",
      ),
    ).toEqual([
      ["shop.orders", "deletes leave no trace"],
      ["shop.prices", "no trace of any change"],
    ]);
  });

  test("inspect.portability: what stops a distribution", async () => {
    expect(
      await rows("select object, finding from inspect.portability where severity = 'blocks' order by 1, 2"),
    ).toEqual([
      ["shop.customers", "unique key customers_email_key does not hold org_id"],
      ["shop.lines", "foreign key lines_order_id_fkey to shop.orders does not pair the tenant columns"],
      ["shop.orders", "primary key orders_pkey does not hold org_id"],
    ]);
  });
});

describe("inspect.explain", () => {
  test("explains a row under the session's own settings", async () => {
    await client.query(`
      savepoint attempt;
      insert into shop.customers (org_id, id, email, tier)
      values ('00000000-0000-0000-0000-00000000000a', '00000000-0000-0000-0000-000000000001', 'a@x', 1)`);
    const verdict = async (org: string, may: string, command: string) => {
      await client.query("select set_config('shop.org', $1, true), set_config('shop.may', $2, true)", [
        org,
        may,
      ]);
      const { rows: lines } = await client.query(
        `select * from inspect.explain('shop.customers', '{"id": "00000000-0000-0000-0000-000000000001"}', $1, 'shop_web')`,
        [command],
      );
      return lines.at(-1)!.verdict;
    };
    const [here, there] = ["00000000-0000-0000-0000-00000000000a", "00000000-0000-0000-0000-00000000000b"];
    expect(await verdict(here, "read", "select")).toBe("visible");
    expect(await verdict(here, "", "select")).toBe("invisible");
    expect(await verdict(there, "read", "select")).toBe("invisible");
    expect(await verdict(here, "read", "update")).toBe("invisible");
    expect(await verdict(here, "read,write", "update")).toBe("allowed");
    expect(await verdict(here, "read,write", "delete")).toBe("refused");
    await client.query("rollback to savepoint attempt");
  });

  test("inspect.who_can tells roles and predicates of a table", async () => {
    expect(
      await rows(
        "select who, condition from inspect.who_can('shop.orders', 'delete') where who = 'shop_web'",
      ),
    ).toEqual([["shop_web", "org_id = (select who.org())"]]);
  });
});

describe("a schema in capitals", () => {
  beforeAll(async () => {
    await client.query(`
      create schema "MyShop";
      grant usage on schema "MyShop" to shop_web;
      create table "MyShop"."Notes" (org_id uuid, note text);
      grant select on "MyShop"."Notes" to shop_web;
      set local inspect.schemas = 'MyShop, "a, b"'`);
  });

  test("is inspected as any other, and a name that holds a comma is one", async () => {
    expect(await rows("select inspect.schemas()")).toEqual([[["MyShop", "a, b"]]]);
    expect(await rows("select table_name from inspect.tables")).toEqual([['"MyShop"."Notes"']]);
  });

  test("is asked about by its name, quoted or not", async () => {
    for (const name of ['"MyShop"."Notes"', "MyShop.Notes"])
      expect(
        await rows(`select who, may from inspect.who_can('${name}', 'select') where who = 'shop_web'`),
      ).toEqual([["shop_web", "select"]]);
  });
});
