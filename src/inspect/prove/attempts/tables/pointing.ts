import type { ForeignKey } from "../../fixture/catalogue.ts";
import { ownRow, rowsOf } from "../../fixture/tenant.ts";
import { ident, insertion, isRow, literal } from "../../sql.ts";
import { across, isUuid, type Part, pick, type TableAttack } from "./table_attack.ts";

/** Foreign keys into the other tenant: it must fail, and no differently than for what exists nowhere. */
export function* pointing(attack: TableAttack): Generator<Part> {
  const { targets, relation, root, home, own, rights, caller } = attack;
  const tenantColumn = targets.tenantColumnOf(root);
  for (const key of root.foreignKeys) {
    const parent = targets.catalogue.relations.get(key.target);
    const columns = key.columns.filter((column) => column !== tenantColumn);
    if (!parent || !targets.owned.includes(parent) || columns.length === 0) continue;
    const victim = rowsOf(attack.abroad, parent).at(0);
    const name = `pointing to the other tenant's ${parent.name} (${key.columns.join(", ")})`;
    if (!victim) {
      yield across(`insert, ${name}`, "reach", "", { unproven: `no row of ${parent.name} could be built` });
      continue;
    }
    const theirs = valuesOf(key, columns, (column) => victim.values[column] ?? null);
    const nobodys = valuesOf(key, columns, (column) =>
      isUuid(victim.values[column])
        ? home.generator.uuid()
        : String(victim.values[column] === null ? "" : `9${home.generator.next()}`),
    );
    if (!("reason" in own)) {
      const written = pick(own.values, [...columns, ...rights.insert]);
      yield across(`insert, ${name}`, "reach", insertion(relation, { ...written, ...theirs }), {
        twin: insertion(relation, { ...written, ...nobodys }),
        rows: [victim, ...own.needs],
        ...(own.prepare && { prepare: own.prepare }),
      });
    }
    const mine = ownRow(home, root, caller.person);
    if (mine) {
      const update = (values: Readonly<Record<string, string | null>>): string =>
        `update ${relation.name} set ${Object.entries(values)
          .map(([column, value]) => `${ident(column)} = ${literal(root, column, value)}`)
          .join(", ")} where ${isRow(mine)}`;
      yield across(`update, ${name}`, "reach", update(theirs), {
        twin: update(nobodys),
        rows: [victim, mine],
      });
    }
  }
}

function valuesOf(key: ForeignKey, columns: readonly string[], value: (column: string) => string | null) {
  return Object.fromEntries(
    columns.map((column) => [column, value(key.targetColumns[key.columns.indexOf(column)]!)]),
  );
}
