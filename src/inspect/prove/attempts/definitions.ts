import type { Targets } from "../fixture/targets.ts";
import type { Caller, Tenant } from "../fixture/tenant.ts";
import { ident } from "../sql.ts";
import type { Attempt } from "./attempt.ts";

/**
 * What a role could define anew: policies, privileges and tables are everybody's, and `drop owned by` alone takes every
 * policy that names the role.
 */
export function* definitionAttempts(
  caller: Caller,
  targets: Targets,
  schemas: readonly string[],
  { generator }: Tenant,
): Generator<Attempt> {
  const role = ident(caller.role);
  const basis: Omit<Attempt, "name" | "sql"> = {
    caller,
    target: `what holds ${caller.role}`,
    whose: "other tenant's",
    wrong: "define",
    bait: true,
    rows: [],
    injected: true,
  };
  yield { ...basis, name: "drop owned by", sql: `drop owned by ${role}` };
  const [table] = targets.owned;
  if (table) yield { ...basis, name: "grant to everybody", sql: `grant select on ${table.name} to public` };
  yield { ...basis, name: "create a schema", sql: `create schema ${ident(generator.token)}` };
  for (const schema of schemas) {
    const name = `${schema}.${ident(generator.token)}`;
    yield { ...basis, name: `create a table in ${schema}`, sql: `create table ${name} ()` };
    yield {
      ...basis,
      name: `create a function in ${schema}`,
      sql: `create function ${name}() returns integer language sql return 1`,
    };
  }
  const lasting: typeof basis = { ...basis, wrong: "persist" };
  yield {
    ...lasting,
    name: "alter default privileges",
    sql: "alter default privileges grant all on tables to public",
  };
  yield {
    ...lasting,
    name: "alter its own settings",
    sql: `alter role ${role} set statement_timeout = '1h'`,
  };
}

/** Large objects know no tenants and no policies: who may write one writes for all who may read one. */
export function* largeObjectAttempts(caller: Caller): Generator<Attempt> {
  const basis: Omit<Attempt, "name" | "sql"> = {
    caller,
    target: "large objects",
    whose: "other tenant's",
    wrong: "succeed",
    bait: true,
    rows: [],
    injected: true,
  };
  yield {
    ...basis,
    name: "create",
    sql: "select pg_catalog.lo_create(0)",
  };
  yield {
    ...basis,
    name: "create with a content",
    sql: "select pg_catalog.lo_from_bytea(0, 'left for the other tenant')",
  };
}
