import type { Relation } from "../../fixture/catalogue.ts";
import { colleaguesRow, ownRow, type Row, rowsOf, type Tenant } from "../../fixture/tenant.ts";
import { saysGone } from "../../fixture/values.ts";
import { ident, insertion, isRow, literal } from "../../sql.ts";
import type { Whose, Wrong } from "../attempt.ts";
import { isUuid, type Part, pick, type TableAttack, touched, victimOf } from "./table_attack.ts";

/** Within the tenant: what is allowed is for the policies to say, but outside the door nothing is. */
export function* within(attack: TableAttack): Generator<Part> {
  const { relation, root, caller, home, own, rights } = attack;
  const wrong: Wrong = caller.enter === null ? "reach" : "nothing";
  const person = caller.person ?? home.people.find(({ name }) => name === "member") ?? home.people[0] ?? null;
  const rows: [Whose, Row | null][] = [
    ["own", ownRow(home, root, person)],
    ["colleague's", colleaguesRow(home, root, person)],
  ];
  for (const [whose, row] of rows) {
    if (row === null) continue;
    const part = { whose, wrong, rows: [row] };
    yield { name: "select", sql: `select from ${relation.name} where ${isRow(row)}`, ...part };
    yield {
      name: "update",
      sql: `update ${relation.name} set ${touched(attack)} = ${touched(attack)} where ${isRow(row)}`,
      ...part,
    };
    yield { name: "delete", sql: `delete from ${relation.name} where ${isRow(row)}`, ...part };
    for (const column of rights.update) {
      const value = another(home, root, column, row.values[column] ?? null);
      if (value === undefined) continue;
      yield {
        name: `update ${column}`,
        sql: `update ${relation.name} set ${ident(column)} = ${literal(root, column, value)} where ${isRow(row)}`,
        ...part,
      };
    }
  }
  yield* wherever(attack, wrong);
  if ("reason" in own) {
    yield { name: "insert", whose: "own", wrong, sql: "", unproven: `no row could be built: ${own.reason}` };
    return;
  }
  const granted = pick(own.values, rights.insert);
  const [optional] = rights.insert;
  const values =
    Object.keys(granted).length > 0
      ? granted
      : optional === undefined
        ? own.values
        : // Everything that is granted has a default: one column is named all the same.
          { [optional]: rowsOf(home, root)[0]?.values[optional] ?? null };
  yield {
    name: "insert",
    whose: "own",
    wrong,
    sql: insertion(relation, values),
    rows: own.needs,
    ...(own.prepare && { prepare: own.prepare }),
  };
  for (const column of rights.insert) {
    const value = another(home, root, column, values[column] ?? null);
    if (value === undefined) continue;
    yield {
      name: `insert another ${column}`,
      whose: "own",
      wrong,
      sql: insertion(relation, { ...values, [column]: value }),
      rows: own.needs,
      ...(own.prepare && { prepare: own.prepare }),
    };
  }
}

/**
 * Rows that are not named one by one. Without a condition only the policies of the command itself are asked, not those for
 * select: what is hidden from somebody, they could still change. Rows of the other tenant that went along would be noticed.
 */
function* wherever(attack: TableAttack, wrong: Wrong): Generator<Part> {
  const { targets, relation, root, home } = attack;
  const part = { whose: "own", wrong, rows: [...rowsOf(home, root), victimOf(attack)] } as const;
  const constant = pickConstant(attack);
  if (constant) yield { name: "update blindly", sql: `update ${relation.name} set ${constant}`, ...part };
  yield { name: "delete blindly", sql: `delete from ${relation.name}`, ...part };
  const column = targets.tenantColumnOf(root);
  if (column === null) return;
  const sql = `delete from ${relation.name} where ${ident(column)} = ${literal(root, column, home.id)}`;
  yield { name: "delete everything", sql, ...part };
}

/** A column that is granted, set to a value that the caller's tenant has: no column is read. */
function pickConstant({ root, rights, home }: TableAttack): string | null {
  const unique = root.uniqueKeys.flatMap(({ columns }) => columns);
  const column = rights.update.find((one) => !unique.includes(one)) ?? rights.update[0];
  const row = rowsOf(home, root)[0];
  return column && row ? `${ident(column)} = ${literal(root, column, row.values[column] ?? null)}` : null;
}

/** A value that a column has in another row of the tenant: a role that is not one's own, another status. */
export function another(
  home: Tenant,
  root: Relation,
  column: string,
  value: string | null,
): string | undefined {
  const type = root.columns.find(({ name }) => name === column)?.base ?? "";
  if (type === "boolean") return value === "true" ? "false" : "true";
  const unique = root.uniqueKeys.some(({ columns }) => columns.includes(column));
  const pointing = root.foreignKeys.some(({ columns }) => columns.includes(column));
  if (unique && !pointing && value !== null && !isUuid(value))
    return `${home.generator.token}${home.generator.next()}`;
  const others = rowsOf(home, root).flatMap((row) => row.values[column] ?? []);
  // The longest: of roles' permissions, the most.
  const [longest] = others.filter((one) => one !== value).sort((a, b) => b.length - a.length);
  const [allowed] = root.checks
    .filter(({ columns }) => columns.length === 1 && columns[0] === column)
    .flatMap(({ definition }) => [...definition.matchAll(/= ANY|'([a-z_]+)'::/g)].map(([, word]) => word))
    .filter((word) => word !== undefined && word !== value);
  // No row that is built is gone: to put one into the bin is tried all the same.
  const gone = saysGone(column) && value === null && /^(date|timestamp)/.test(type) ? "now" : undefined;
  return longest ?? allowed ?? gone;
}
