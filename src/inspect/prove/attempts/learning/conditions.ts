import type pg from "pg";
import type { Column } from "../../fixture/catalogue.ts";
import { keyOf, type Row } from "../../fixture/tenant.ts";
import { isText } from "../../fixture/values.ts";
import { ident, literal } from "../../sql.ts";
import type { TableAttack } from "../tables/table_attack.ts";
import type { OtherRow } from "./other_row.ts";

/** A condition that PostgreSQL may try before a policy, true of one row of the other tenant and, where it can be, of no other. */
export interface Condition {
  readonly column: string;
  readonly sql: string;
  /** Whether an index may serve it, so that it is worth trying by every access path. */
  readonly plain: boolean;
}

/** A leakproof comparison. PostgreSQL trusts it to tell nothing of its arguments, and lets it run first. */
interface Operator {
  readonly name: string;
  /** What its place among the conditions depends on: what it costs, and whether it is an equality that joins. */
  readonly kind: string;
}

/** Leakproof comparisons by type. */
export type Operators = ReadonlyMap<string, readonly Operator[]>;

export async function readOperators(client: pg.ClientBase): Promise<Operators> {
  const { rows } = await client.query<{ type: string; operators: Operator[] }>(
    `select format_type(oprleft, null) as type,
       json_agg(json_build_object(
         'name', case nspname when 'pg_catalog' then oprname else format('operator(%I.%s)', nspname, oprname) end,
         'kind', concat_ws(' ', nspname, procost, oprcanmerge, oprcanhash, prosupport)
       ) order by oprname) as operators
     from pg_catalog.pg_operator
     join pg_catalog.pg_proc on pg_proc.oid = oprcode and proleakproof
     join pg_catalog.pg_namespace on pg_namespace.oid = oprnamespace
     where oprkind = 'b' and oprleft = oprright and oprresult = 'boolean'::regtype
     group by 1`,
  );
  return new Map(rows.map(({ type, operators }) => [type, operators]));
}

/**
 * Every kind of leakproof condition on the columns that the caller may read: each kind of operator of each type, alone and as
 * `any (array)` (which costs half as much, and the cheaper goes first), and ranges over each column.
 */
export async function conditionsOf(
  client: pg.ClientBase,
  operators: Operators,
  { relation, root, rights, targets }: TableAttack,
  subject: Row,
  other: OtherRow,
): Promise<Condition[]> {
  const readable = relation.columns.filter(
    ({ name }) => rights.select.includes(name) && subject.values[name] != null,
  );
  const key = keyOf(root).filter((name) => name !== targets.tenantColumnOf(root) || keyOf(root).length === 1);
  const isSubject = key
    .filter((name) => readable.some((column) => column.name === name))
    .map((name) => `${ident(name)} = any (array[${literal(root, name, subject.values[name]!)}])`)
    .join(" and ");
  const isolated = (column: string, sql: string): string =>
    isSubject === "" || key.includes(column) ? sql : `${isSubject} and ${sql}`;
  const conditions: Condition[] = [];
  const comparisons: Comparison[] = [];
  const types = new Set<string>();
  for (const column of readable) {
    const known = operators.get(typeOf(column)) ?? [];
    const names = known.map(({ name: operator }) => operator);
    const text = subject.values[column.name]!;
    const [name, value] = [ident(column.name), literal(root, column.name, text)];
    const add = (sql: string, plain: boolean): number => conditions.push({ column: column.name, sql, plain });
    if (column.name in other.values) {
      if (names.includes(">=") && names.includes("<="))
        add(`${name} >= ${value} and ${name} <= ${value}`, true);
      if (names.includes("=")) add(`${name} = any (array[${value}])`, true);
    }
    if (column.base === "boolean") add(isolated(column.name, text === "true" ? name : `not ${name}`), false);
    if (!column.notNull) add(isolated(column.name, `${name} is not null`), false);
    // What an operator is good for does not depend on the column, but on its type.
    if (types.has(typeOf(column))) continue;
    types.add(typeOf(column));
    for (const operator of known) {
      const against = comparable(column, text, other.values[column.name] ?? null);
      comparisons.push({
        column: column.name,
        value,
        operator: operator.name,
        kind: `${typeOf(column)} ${operator.kind}`,
        against: against.map((one) => literal(root, column.name, one)),
      });
    }
  }
  // Where a condition comes depends on its operator's kind and on nothing else of it, and without an index that is all there is
  // to be learned by: of each kind one stands for all.
  const tried = new Set<string>();
  for (const { column, operator, kind, constant } of await holding(client, comparisons)) {
    if (tried.has(kind)) continue;
    tried.add(kind);
    for (const side of [constant, `any (array[${constant}])`]) {
      conditions.push({
        column,
        sql: isolated(column, `${ident(column)} ${operator} ${side}`),
        plain: false,
      });
    }
  }
  return conditions;
}

/** A value of a column, an operator, and what the value may be compared with. */
interface Comparison {
  readonly column: string;
  readonly value: string;
  readonly operator: string;
  readonly kind: string;
  readonly against: readonly string[];
}

/** Of each comparison the first that holds: PostgreSQL knows what its operators mean. */
async function holding(client: pg.ClientBase, comparisons: readonly Comparison[]) {
  if (comparisons.length === 0) return [];
  const truths = comparisons.map(
    ({ value, operator, against }) =>
      `pg_catalog.array_position(array[${against.map((one) => `${value} ${operator} ${one}`).join(", ")}], true)`,
  );
  const { rows } = await client.query<{ places: (number | null)[] }>(
    `select array[${truths.join(", ")}] as places`,
  );
  return comparisons.flatMap(({ column, operator, kind, against }, at) => {
    const place = rows[0]!.places[at];
    return place == null ? [] : [{ column, operator, kind, constant: against[place - 1]! }];
  });
}

const typeOf = ({ base }: Column): string => (base === "character varying" ? "text" : base);

/** Values to compare with: the same, another, smaller ones and greater ones. */
function comparable({ base }: Column, value: string, other: string | null): string[] {
  const beside: Readonly<Record<string, readonly string[]>> = {
    uuid: ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"],
    boolean: ["true", "false"],
    "timestamp with time zone": ["-infinity", "infinity"],
    "timestamp without time zone": ["-infinity", "infinity"],
    date: ["-infinity", "infinity"],
    bytea: ["\\x", "\\xffffffffff"],
  };
  const numbers = /^-?\d+(\.\d+)?$/.test(value) && !isText(base) && base !== "bytea";
  return [
    value,
    ...(other === null ? [] : [other]),
    ...(beside[base] ?? []),
    ...(numbers ? [String(Number(value) - 1), String(Number(value) + 1)] : []),
    ...(isText(base) ? ["", `${value}~`] : []),
  ];
}
