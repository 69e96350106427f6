import { isRow } from "../../sql.ts";
import {
  across,
  everybodyElse,
  type Part,
  shownColumns,
  type TableAttack,
  victimOf,
} from "./table_attack.ts";

/** Rows of the other tenant: by their key, all of them, counted, copied, locked. */
export function* reading(attack: TableAttack): Generator<Part> {
  const { relation } = attack;
  const victim = victimOf(attack);
  const rows = [victim];
  if (victim) {
    yield across(
      "select by key",
      "reach",
      `select ${shownColumns(attack)} from ${relation.name} where ${isRow(victim)}`,
      { rows },
    );
    yield across(
      "select for update",
      "reach",
      `select 1 from ${relation.name} where ${isRow(victim)} for update`,
      { rows },
    );
    yield across(
      "select for key share",
      "reach",
      `select 1 from ${relation.name} where ${isRow(victim)} for key share`,
      { rows },
    );
  }
  const everybody = everybodyElse(attack);
  if (everybody) {
    const { theirs, notOurs } = everybody;
    yield across(
      "select everything",
      "reach",
      `select ${shownColumns(attack)} from ${relation.name} where ${notOurs} limit 20`,
      { rows },
    );
    yield across("count", "count", `select count(*) from ${relation.name} where ${theirs}`, { rows });
    yield across(
      "copy out",
      "reach",
      `copy (select ${shownColumns(attack)} from ${relation.name} where ${theirs}) to stdout`,
      { rows },
    );
  } else {
    yield across(
      "select everything",
      "reveal",
      `select ${shownColumns(attack)} from ${relation.name} limit 10000`,
      { rows },
    );
  }
  if (relation.kind === "table") {
    const columns = attack.rights.select.length > 0 ? ` (${shownColumns(attack)})` : "";
    yield across("copy the whole table out", "copy all", `copy ${relation.name}${columns} to stdout`, {
      rows,
    });
  }
}
