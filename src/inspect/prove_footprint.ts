import type pg from "pg";
import type { House } from "./prove_house.ts";
import { ident, literal } from "./prove_sql.ts";
import type { Targets } from "./prove_targets.ts";

/** How a table looks from outside: how many rows, and which transactions wrote them. */
export type Footprint = ReadonlyMap<string, string>;

/** Counts of every table, and the sum of their rows' xmin: a row that came, went or changed shows. */
export async function footprint(client: pg.ClientBase, schemas: readonly string[]): Promise<Footprint> {
  const { rows: tables } = await client.query<{ name: string }>(
    `select pg_class.oid::regclass::text as name from pg_catalog.pg_class
     where relnamespace::regnamespace::text = any($1) and relkind = 'r' order by 1`,
    [schemas],
  );
  const found = new Map<string, string>();
  for (const { name } of tables) {
    const { rows } = await client.query<{ state: string }>(
      `select count(*) || ' rows ' || coalesce(sum(xmin::text::bigint), 0) as state from ${name}`,
    );
    found.set(name, rows[0]!.state);
  }
  return found;
}

/** The tables that are not as they were: somebody else was writing, or something stayed behind. */
export function disturbed(before: Footprint, after: Footprint): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter(
    (name) => before.get(name) !== after.get(name),
  );
}

/** The tables that still hold rows of the tenants that were built: must be none. */
export async function leftBehind(
  client: pg.ClientBase,
  targets: Targets,
  houses: readonly House[],
): Promise<string[]> {
  const left: string[] = [];
  for (const relation of targets.owned) {
    const column = targets.tenantColumnOf(relation);
    if (column === null) continue;
    const tenants = houses.map(({ tenant }) => literal(relation, column, tenant)).join(", ");
    const { rowCount } = await client.query(
      `select from ${relation.name} where ${ident(column)} in (${tenants}) limit 1`,
    );
    if (rowCount) left.push(relation.name);
  }
  return left;
}
