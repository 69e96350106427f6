import { keyOf } from "../../fixture/tenant.ts";
import { ident, insertion } from "../../sql.ts";
import { across, isUuid, type Part, pick, type TableAttack, touched, victimOf } from "./table_attack.ts";

/** Rows for the other tenant, and rows with a key that it has. */
export function* inserting(attack: TableAttack): Generator<Part> {
  const { targets, relation, root, forged, rights, home } = attack;
  const victim = victimOf(attack);
  const tenantColumn = targets.tenantColumnOf(root);
  if ("reason" in forged) {
    yield across("insert into the other tenant", "reach", "", {
      unproven: `no row could be built: ${forged.reason}`,
    });
  } else if (tenantColumn !== null) {
    const rows = forged.needs;
    const narrow = pick(forged.values, [tenantColumn, ...rights.insert]);
    const rest = { rows, ...(forged.prepare && { prepare: forged.prepare }) };
    yield across("insert into the other tenant", "reach", insertion(relation, forged.values), rest);
    yield across("insert into the other tenant, granted columns", "reach", insertion(relation, narrow), rest);
    yield across(
      "insert into the other tenant, returning",
      "reach",
      `${insertion(relation, narrow)} returning *`,
      rest,
    );
    yield across(
      "copy in",
      "copy in",
      `copy ${relation.name} (${Object.keys(narrow).map(ident).join(", ")}) from stdin`,
      rest,
    );
  }
  if (!victim) return;
  const key = keyOf(root);
  const elsewhere = Object.fromEntries(
    key
      .filter((column) => column !== tenantColumn && isUuid(victim.values[column]))
      .map((column) => [column, home.generator.uuid()]),
  );
  const column = touched(attack);
  const values = pick(
    victim.values,
    relation.columns.filter(({ generated }) => !generated).map(({ name }) => name),
  );
  const twinned = (tail: string): Partial<Part> => ({
    rows: [victim],
    ...(Object.keys(elsewhere).length > 0 && {
      twin: insertion(relation, { ...values, ...elsewhere }) + tail,
    }),
  });
  for (const [name, tail] of [
    ["upsert, do nothing", " on conflict do nothing"],
    [
      "upsert, do update",
      ` on conflict (${key.map(ident).join(", ")}) do update set ${column} = excluded.${column}`,
    ],
    [
      "upsert, do update, returning",
      ` on conflict (${key.map(ident).join(", ")}) do update set ${column} = excluded.${column} returning *`,
    ],
  ] as const) {
    if (root.uniqueKeys.length > 0)
      yield across(name, "reach", insertion(relation, values) + tail, twinned(tail));
  }
}
