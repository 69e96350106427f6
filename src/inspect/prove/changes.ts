import pg from "pg";
import type { Targets } from "./fixture/targets.ts";
import type { Tenant } from "./fixture/tenant.ts";
import { ident, literal } from "./sql.ts";

/** How a table looks from outside: how many rows, and which transactions wrote them. */
export type TableStates = ReadonlyMap<string, string>;

/** Counts of every table, and the sum of their rows' xmin: a row that came, went or changed shows. */
export async function readTableStates(
  client: pg.ClientBase,
  schemas: readonly string[],
): Promise<TableStates> {
  const { rows: tables } = await client.query<{ name: string }>(
    `select pg_class.oid::regclass::text as name from pg_catalog.pg_class
     join pg_catalog.pg_namespace on pg_namespace.oid = relnamespace
     where nspname = any($1) and relkind = 'r' order by 1`,
    [schemas],
  );
  if (tables.length === 0) return new Map();
  const { rows } = await client.query<{ name: string; state: string }>(
    tables
      .map(
        ({ name }) =>
          `select ${pg.escapeLiteral(name)} as name, count(*) || ' rows ' || coalesce(sum(xmin::text::bigint), 0) as state from ${name}`,
      )
      .join(" union all "),
  );
  return new Map(rows.map(({ name, state }) => [name, state]));
}

/** The tables that are not as they were: somebody else was writing, or something stayed behind. */
export function disturbed(before: TableStates, after: TableStates): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter(
    (name) => before.get(name) !== after.get(name),
  );
}

/** The tables that still hold rows of the tenants that were built: must be none. */
export async function leftBehind(
  client: pg.ClientBase,
  targets: Targets,
  tenants: readonly Tenant[],
): Promise<string[]> {
  const left: string[] = [];
  for (const relation of targets.owned) {
    const column = targets.tenantColumnOf(relation);
    if (column === null) continue;
    const ids = tenants.map(({ id }) => literal(relation, column, id)).join(", ");
    const { rowCount } = await client.query(
      `select from ${relation.name} where ${ident(column)} in (${ids}) limit 1`,
    );
    if (rowCount) left.push(relation.name);
  }
  return left;
}
