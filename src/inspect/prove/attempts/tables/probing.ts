import { ownRow, type Row, rowsOf } from "../../fixture/tenant.ts";
import { ident, insertion, isRow, literal } from "../../sql.ts";
import { across, isUuid, type Part, pick, type TableAttack } from "./table_attack.ts";

/** Unique keys: a violation must not tell that another tenant has the value. */
export function* probing(attack: TableAttack): Generator<Part> {
  const { targets, relation, root, own, rights, caller, home } = attack;
  const tenantColumn = targets.tenantColumnOf(root);
  for (const { columns } of root.uniqueKeys) {
    const probed = columns.filter((column) => column !== tenantColumn);
    // Columns of foreign keys are asked by pointing().
    const free = probed.filter((column) => !root.foreignKeys.some((key) => key.columns.includes(column)));
    if (free.length === 0) continue;
    // A value that the own tenant has too would be refused for its own sake.
    const at = (row: Row): string => JSON.stringify(free.map((column) => row.values[column]));
    const ours = new Set(rowsOf(home, root).map(at));
    const victim = rowsOf(attack.abroad, root).find((row) => !ours.has(at(row)));
    if (!victim) continue;
    const name = `unique probe (${columns.join(", ")})`;
    const theirs = Object.fromEntries(free.map((column) => [column, victim.values[column] ?? null]));
    if (!("reason" in own)) {
      const written = pick(own.values, [...free, ...rights.insert]);
      const fresh = Object.fromEntries(
        free.map((column) => [
          column,
          // What the row leaves to its default is the same in both.
          isUuid(victim.values[column])
            ? home.generator.uuid()
            : column in own.values
              ? own.values[column]!
              : (victim.values[column] ?? null),
        ]),
      );
      const rest = { rows: [victim, ...own.needs], ...(own.prepare && { prepare: own.prepare }) };
      for (const tail of ["", " on conflict do nothing"]) {
        yield across(
          `insert, ${name}${tail}`,
          "reveal",
          insertion(relation, { ...written, ...theirs }) + tail,
          {
            ...rest,
            twin: insertion(relation, { ...written, ...fresh }) + tail,
          },
        );
      }
    }
    const mine = ownRow(home, root, caller.person);
    if (!mine) continue;
    const update = (values: Readonly<Record<string, string | null>>): string =>
      `update ${relation.name} set ${Object.entries(values)
        .map(([column, value]) => `${ident(column)} = ${literal(root, column, value)}`)
        .join(", ")} where ${isRow(mine)}`;
    const fresh =
      "reason" in own
        ? null
        : Object.fromEntries(
            free.map((column) => [column, own.values[column] ?? mine.values[column] ?? null]),
          );
    yield across(`update, ${name}`, "reveal", update(theirs), {
      rows: [victim, mine],
      ...(fresh && { twin: update(fresh) }),
    });
  }
}
