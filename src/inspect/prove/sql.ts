import pg from "pg";
import type { Relation } from "./fixture/catalogue.ts";
import { keyOf, type Row } from "./fixture/tenant.ts";

export const ident = pg.escapeIdentifier;

/** A value as a literal of its column's type; null stays null. */
export function literal(relation: Relation, column: string, value: string | null): string {
  if (value === null) return "null";
  const type = relation.columns.find(({ name }) => name === column)?.type ?? "text";
  return `${pg.escapeLiteral(value)}::${type}`;
}

/** The condition that finds one row, in its own table or in another relation that shows it. */
export function isRow(
  row: Row,
  relation: Relation = row.relation,
  replaced: Readonly<Record<string, string>> = {},
): string {
  const shown = keyOf(row.relation).filter((column) => relation.columns.some(({ name }) => name === column));
  return shown
    .map((column) => {
      const value = replaced[column] ?? row.values[column] ?? null;
      return value === null
        ? `${ident(column)} is null`
        : `${ident(column)} = ${literal(row.relation, column, value)}`;
    })
    .join(" and ");
}

/** An insert of these values; identity columns are written too. */
export function insertion(relation: Relation, values: Readonly<Record<string, string | null>>): string {
  const columns = Object.keys(values);
  if (columns.length === 0) return `insert into ${relation.name} default values`;
  const overriding = relation.columns.some(({ name, identity }) => identity && columns.includes(name));
  return (
    `insert into ${relation.name} (${columns.map(ident).join(", ")}) ${overriding ? "overriding system value " : ""}` +
    `values (${columns.map((column) => literal(relation, column, values[column]!)).join(", ")})`
  );
}
