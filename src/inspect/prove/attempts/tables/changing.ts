import { keyOf, ownRow, type Row, type Tenant } from "../../fixture/tenant.ts";
import { ident, isRow, literal } from "../../sql.ts";
import {
  across,
  everybodyElse,
  isUuid,
  type Part,
  type TableAttack,
  touched,
  victimOf,
} from "./table_attack.ts";

/** Changes of the other tenant's rows, by their key and all of them, and moves between the tenants. */
export function* changing(attack: TableAttack): Generator<Part> {
  const { targets, relation, root, home, abroad, caller } = attack;
  const tenantColumn = targets.tenantColumnOf(root);
  const victim = victimOf(attack);
  const column = touched(attack);
  const set = `set ${column} = ${column}`;
  if (victim) {
    const find = isRow(victim);
    const twinFind = isRow(victim, root, absentKey(victim, home));
    const rows = [victim];
    const twin = (sql: (condition: string) => string): Partial<Part> => ({
      rows,
      ...(twinFind !== find && { twin: sql(twinFind) }),
    });
    const update = (condition: string): string => `update ${relation.name} ${set} where ${condition}`;
    const remove = (condition: string): string => `delete from ${relation.name} where ${condition}`;
    const merge =
      (action: string) =>
      (condition: string): string =>
        `merge into ${relation.name} using (select 1) as one on ${condition} when matched then ${action}`;
    yield across("update", "reach", update(find), twin(update));
    yield across("update, returning", "reach", `${update(find)} returning *`, { rows });
    yield across("delete", "reach", remove(find), twin(remove));
    yield across("delete, returning", "reach", `${remove(find)} returning *`, { rows });
    yield across("merge, update", "reach", merge(`update ${set}`)(find), twin(merge(`update ${set}`)));
    yield across("merge, delete", "reach", merge("delete")(find), twin(merge("delete")));
    if (tenantColumn !== null && relation !== targets.tenants?.table) {
      yield across(
        "take into the own tenant",
        "reach",
        `update ${relation.name} set ${ident(tenantColumn)} = ${literal(root, tenantColumn, home.id)} where ${find}`,
        { rows },
      );
    }
  }
  const everybody = everybodyElse(attack);
  if (everybody) {
    yield across("update everything", "reach", `update ${relation.name} ${set} where ${everybody.notOurs}`, {
      rows: [victim],
    });
    yield across("delete everything", "reach", `delete from ${relation.name} where ${everybody.notOurs}`, {
      rows: [victim],
    });
  }
  const own = ownRow(home, root, caller.person);
  if (own && tenantColumn !== null && relation !== targets.tenants?.table) {
    const theirs = `${ident(tenantColumn)} = ${literal(root, tenantColumn, abroad.id)}`;
    yield across("move blindly into the other tenant", "reveal", `update ${relation.name} set ${theirs}`, {
      rows: [own],
    });
  }
  if (own && tenantColumn !== null) {
    yield across(
      "move into the other tenant",
      "reach",
      `update ${relation.name} set ${ident(tenantColumn)} = ${literal(root, tenantColumn, relation === targets.tenants?.table ? abroad.generator.uuid() : abroad.id)} where ${isRow(own)}`,
      { rows: [own] },
    );
  }
}

function absentKey(victim: Row, home: Tenant): Record<string, string> {
  const column = keyOf(victim.relation).findLast((one) => isUuid(victim.values[one]));
  return column === undefined ? {} : { [column]: home.generator.uuid() };
}
