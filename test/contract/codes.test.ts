import { readFileSync } from "node:fs";
import { buildSchema, isInputObjectType } from "postgraphile/graphql";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CODES } from "../../src/http/codes.ts";
import { type ErrorCatalogue, readCatalogue } from "../../src/http/error_catalogue.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";

let database: TestDatabase;
let catalogue: ErrorCatalogue;
beforeAll(async () => {
  database = await createDatabase({ application: false });
  catalogue = await readCatalogue(database.admin);
});
afterAll(() => database.drop());

describe("the vocabulary of refusals", () => {
  test("has every refusal of the database, with the same status", () => {
    for (const { name, status } of catalogue.refusals.values())
      expect(CODES[name]?.status, name).toBe(status);
  });

  test("is in order, in sentences", () => {
    expect(Object.keys(CODES)).toEqual(Object.keys(CODES).toSorted());
    for (const [code, { happens, remedy }] of Object.entries(CODES)) {
      expect(happens, code).toMatch(/^[A-Z`].*\.$/s);
      expect(remedy, code).toMatch(/^[A-Z`].*\.$/s);
    }
  });
});

describe("the rules of the API's tables", () => {
  /** What a call of the API can break: `schema.table.constraint` of each. */
  const breakable = async (): Promise<string[]> => {
    const { rows } = await database.admin.query<{ name: string }>(`
      select format('%s.%s', con.conrelid::regclass, con.conname) as name
      from pg_constraint as con
      where con.contype in ('c', 'u', 'f', 'x')
        and (con.connamespace = 'app'::regnamespace
          or con.conrelid = 'auth.registrations'::regclass and con.contype = 'c'
            and not con.conkey && array(select attnum from pg_attribute
              where attrelid = con.conrelid and attname in ('digest', 'password_hash')))
      union all
      select format('%s.%s', idx.indrelid::regclass, relname)
      from pg_index as idx join pg_class on pg_class.oid = idx.indexrelid
      where idx.indisunique and relnamespace = 'app'::regnamespace
        and not exists (select from pg_constraint as con where con.conindid = idx.indexrelid)`);
    return rows.map(({ name }) => name);
  };

  test("each have a sentence, for whoever breaks one (db/schema/constraints.sql)", async () => {
    const names = await breakable();
    expect(names.length).toBeGreaterThan(30);
    for (const name of names) expect(catalogue.rules.get(name)?.sentence, name).toMatch(/^[A-Z].*\.$/);
  });

  test("are checks, keys and references: no domain, enum or length that breaks without naming itself", async () => {
    const { rows } = await database.admin.query(`
      select attrelid::regclass || '.' || attname as column from pg_attribute
      join pg_class on pg_class.oid = attrelid join pg_type on pg_type.oid = atttypid
      where relnamespace = 'app'::regnamespace and relkind in ('r', 'p') and attnum > 0
        and (typtype in ('d', 'e') or atttypmod <> -1)`);
    expect(rows).toEqual([]);
  });

  test("name fields that the schema has", async () => {
    const inputs = Object.values(buildSchema(readFileSync("schema.graphql", "utf8")).getTypeMap()).filter(
      isInputObjectType,
    );
    const fields = new Set(inputs.flatMap((type) => Object.keys(type.getFields())));
    const { rows } = await database.admin.query<{ table: string; column: string }>(`
      select distinct table_name as table, column_name as column from information_schema.column_privileges
      where grantee = 'rowhouse_app' and table_schema = 'app' and privilege_type in ('INSERT', 'UPDATE')
        -- The time is nobody's input: verifyDomain says that it is now.
        and column_name <> 'check_requested_at'`);
    expect(rows.length).toBeGreaterThan(10);
    for (const { table, column } of rows) {
      const field = column.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
      expect(fields, `${table}.${column}`).toContain(field);
    }
    expect(catalogue.rules.get("app.messages.messages_tenant_id_user_id_conversation_id_fkey")?.field).toBe(
      "conversationId",
    );
  });
});
