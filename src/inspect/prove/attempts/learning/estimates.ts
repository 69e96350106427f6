import type pg from "pg";
import type { Column } from "../../fixture/catalogue.ts";
import type { Row } from "../../fixture/tenant.ts";
import { isList, isText } from "../../fixture/values.ts";
import { ident, literal } from "../../sql.ts";
import type { Attempt } from "../attempt.ts";
import { isUuid } from "../tables/table_attack.ts";
import type { Learning } from "./learning.ts";
import { otherValue, refusalOf, unhindered } from "./other_row.ts";

/** So many rows of the other tenant say the same that it becomes a common value. */
const COPIES = 60;

/** Keys, numbers, flags and times are no secrets by themselves; without their statistics no plan would be good. */
const COUNTED = /^(uuid|smallint|integer|bigint|boolean|date|timestamp .*|time .*|xid8|oid|xml|json|point)$/;

/**
 * The planner expects more rows where a value is common among all tenants' rows, and `explain` says how many it expects.
 * Many rows of the other tenant hold one thing, and then another: what is expected of the first must not change.
 */
export async function* estimateAttempts(
  client: pg.ClientBase,
  { attack, basis, relation, subject }: Learning,
): AsyncGenerator<Attempt> {
  const { root, rights, targets, abroad } = attack;
  const columns = relation.columns.filter(
    ({ name, base }) => rights.select.includes(name) && subject.values[name] != null && !COUNTED.test(base),
  );
  if (columns.length === 0) return;
  const tenantColumn = root === targets.tenants?.table ? null : targets.tenantColumnOf(root);
  const distinct = new Set(
    root.uniqueKeys.flatMap(({ columns: key }) => distinctive(subject, key, tenantColumn)),
  );
  const copies = (values: Readonly<Record<string, string | null>>): string => {
    const written = root.columns.filter(({ generated }) => !generated);
    const value = (column: Column): string => {
      const given = values[column.name] ?? null;
      if (!distinct.has(column.name) || given === null) return literal(root, column.name, given);
      if (isUuid(given)) return "pg_catalog.gen_random_uuid()";
      if (/^\d+$/.test(given) && !isText(column.base))
        return `((select max(${ident(column.name)}) from ${root.name}) + copy)::${column.type}`;
      return `(${literal(root, column.name, given)} || copy)::${column.type}`;
    };
    const overriding = written.some(({ identity }) => identity) ? "overriding system value " : "";
    return `${unhindered(`insert into ${root.name} (${written.map(({ name }) => ident(name)).join(", ")}) ${overriding}select ${written.map(value).join(", ")} from pg_catalog.generate_series(1, ${COPIES}) as copy`)}; analyze ${root.name}`;
  };
  const name = "learn by estimates, with a context";
  let impossible = await refusalOf(client, copies(subject.values));
  // A unique index over an expression wants another column to differ as well.
  for (const { name } of root.columns.filter(({ base }) => isText(base))) {
    if (impossible === null || distinct.has(name)) continue;
    distinct.add(name);
    const now = await refusalOf(client, copies(subject.values));
    if (now === null) impossible = null;
    else distinct.delete(name);
  }
  if (impossible !== null) {
    yield { ...basis, name, sql: "", unproven: `its rows cannot be multiplied: ${impossible}` };
    return;
  }
  const others: Record<string, string> = {};
  for (const column of columns) {
    const other = otherValue(abroad, subject, column.name);
    if (other === undefined || other === subject.values[column.name]) continue;
    if ((await refusalOf(client, copies({ ...subject.values, [column.name]: other }))) === null)
      others[column.name] = other;
  }
  const asked = columns.filter((column) => column.name in others);
  if (asked.length === 0) return;
  const looks = (column: Column): string[] => {
    const value = literal(root, column.name, subject.values[column.name]!);
    const equal = `select 1 from ${relation.name} where ${ident(column.name)} = ${value}`;
    return isText(column.base)
      ? [
          equal,
          `select 1 from ${relation.name} where ${ident(column.name)} >= ${value} and ${ident(column.name)} <= ${literal(root, column.name, `${subject.values[column.name]}~`)}`,
        ]
      : [equal];
  };
  const world = {
    ...basis,
    asItIs: copies(subject.values),
    compare: "estimates",
  } as const;
  const otherwise = (some: readonly Column[]): string =>
    copies({
      ...subject.values,
      ...Object.fromEntries(some.map((column) => [column.name, others[column.name]!])),
    });
  yield {
    ...world,
    name,
    otherwise: otherwise(asked),
    sql: `explain ${asked.flatMap(looks).join(" union all ")}`,
    parts: asked.flatMap((column) =>
      looks(column).map((look) => ({
        ...world,
        name: `learn ${column.name} by estimates, with a context`,
        otherwise: otherwise([column]),
        sql: `explain ${look}`,
      })),
    ),
  };
}

/**
 * The column of a unique key that is made to differ in each copy: one that nothing is asked of, if there is one. What is null
 * in the row would be in its copies, too, and of a list there are not enough. Where a tenant has one row only, each copy is of
 * a tenant of its own.
 */
function distinctive(
  { relation: root, values }: Row,
  key: readonly string[],
  tenantColumn: string | null,
): string[] {
  const types = ["uuid", "bigint", "integer", "smallint", "text", "character varying"];
  const listed = new Set(root.checks.filter(isList).flatMap(({ columns }) => columns));
  const able = root.columns.filter(
    ({ name, base }) =>
      key.includes(name) && types.includes(base) && values[name] != null && !listed.has(name),
  );
  const own = able.filter(({ name }) => name !== tenantColumn);
  return (own.length > 0 ? own : able)
    .sort((one, other) => types.indexOf(one.base) - types.indexOf(other.base))
    .slice(0, 1)
    .map(({ name }) => name);
}
