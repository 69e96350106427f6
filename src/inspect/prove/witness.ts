import pg from "pg";
import type { Targets } from "./fixture/targets.ts";
import { keyOf, type Tenant } from "./fixture/tenant.ts";
import { ident, isRow, literal } from "./sql.ts";

/** One query that tells the state of every row of a tenant, a line a table. */
export function witnessOf(targets: Targets, tenant: Tenant): string {
  const parts: string[] = [];
  for (const relation of targets.owned) {
    const column = targets.tenantColumnOf(relation);
    const rows = tenant.rows.filter((row) => row.relation === relation);
    const condition =
      column !== null
        ? `${ident(column)} = ${literal(relation, column, tenant.id)}`
        : rows.map((row) => `(${isRow(row)})`).join(" or ");
    if (condition === "" || keyOf(relation).length === 0) continue;
    parts.push(
      `select ${pg.escapeLiteral(relation.name)} || ' ' || count(*) || ' ' || coalesce(md5(string_agg(md5(one::text), '' order by md5(one::text))), '') as state
       from ${relation.name} as one where ${condition}`,
    );
  }
  return parts.join("\nunion all\n") || "select '' as state";
}

/** What decides about access, a line a kind: how many there are and what they say. */
export const DEFINITIONS = ["pg_policy", "pg_class", "pg_proc", "pg_namespace", "pg_attribute"]
  .map((catalogue) => {
    const states: Readonly<Record<string, string>> = {
      // Statistics of the planner's move by themselves.
      pg_class: "row(oid, relname, relowner, relacl, relrowsecurity, relforcerowsecurity, reloptions)",
      pg_attribute: "row(attrelid, attname, attacl, attisdropped)",
    };
    return `select ${pg.escapeLiteral(catalogue)} || ' ' || count(*) || ' ' || md5(string_agg(md5((${states[catalogue] ?? "one"})::text), '' order by md5((${states[catalogue] ?? "one"})::text))) as state
      from pg_catalog.${catalogue} as one`;
  })
  .join("\nunion all\n");

/** The lines of the second state that the first does not have, by name. */
export function differences(before: string, after: string): string[] {
  if (before === after) return [];
  const was = before.split("\n");
  return after
    .split("\n")
    .filter((line) => !was.includes(line))
    .map((line) => line.slice(0, line.lastIndexOf(" ", line.lastIndexOf(" ") - 1)));
}
