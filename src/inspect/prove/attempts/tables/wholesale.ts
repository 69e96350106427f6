import pg from "pg";
import { rowsOf } from "../../fixture/tenant.ts";
import { across, type Part, type TableAttack } from "./table_attack.ts";

/** What is about the table as a whole. */
export function* wholesale(attack: TableAttack): Generator<Part> {
  const { relation } = attack;
  if (relation.kind !== "table") return;
  yield across("truncate", "succeed", `truncate ${relation.name} cascade`);
  yield across("lock table", "lock", `lock table ${relation.name} in access exclusive mode`);
  if (!attack.bait) return;
  const [schema, table] = [relation.schema, relation.plainName].map((name) => pg.escapeLiteral(name));
  yield across(
    "read its statistics",
    "reach",
    `select attname, most_common_vals, histogram_bounds from pg_catalog.pg_stats where schemaname = ${schema} and tablename = ${table}`,
    {
      prepare: `analyze ${relation.name}`,
      rows: [...rowsOf(attack.home, attack.root), ...rowsOf(attack.abroad, attack.root)],
    },
  );
}
