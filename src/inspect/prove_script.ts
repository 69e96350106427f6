import type { Attempt } from "./prove_attempt.ts";
import { type House, type Row, rowsOf } from "./prove_house.ts";
import { isRow } from "./prove_sql.ts";
import type { Targets } from "./prove_targets.ts";

/**
 * A psql script that shows a leak, for an administrator: it makes the two tenants, becomes the caller, does
 * what was done, shows what came of it, and rolls back.
 *
 * @param become SQL that becomes the caller's role
 */
export function scriptOf(
  attempt: Attempt,
  houses: readonly [home: House, abroad: House],
  become: string,
  detail: string,
  targets: Targets,
): string {
  const [, abroad] = houses;
  const needed: string[] = [];
  const need = (row: Row): void => {
    for (const one of row.needs) need(one);
    const there =
      houses.some(({ setup }) => setup.includes(row.statement!)) || needed.includes(row.statement!);
    if (row.statement !== null && !there) needed.push(row.statement);
  };
  for (const row of attempt.rows) need(row);
  const relation = [...targets.catalogue.relations.values()].find(({ name }) => name === attempt.target);
  const victims = relation ? rowsOf(abroad, relation).slice(0, 1) : [];
  const tried = attempt.twin
    ? [
        "savepoint probe",
        attempt.twin,
        "rollback to savepoint probe",
        "-- … and now with the other tenant's value:",
        attempt.sql,
      ]
    : [attempt.sql];
  const mentioned = JSON.stringify([
    attempt.sql,
    attempt.twin,
    attempt.prepare,
    needed,
    attempt.rows.map(({ values }) => values),
  ]);
  const unneeded = ({ people }: House): string[] =>
    people.flatMap((one) =>
      one === attempt.caller.person || one.id === null || mentioned.includes(one.id) ? [] : one.id,
    );
  const lines = [
    `-- ${attempt.target}: ${attempt.name} (${attempt.whose}), as ${attempt.caller.name} (${attempt.caller.role}): ${detail}`,
    "-- Run it in psql as an administrator. It rolls back.",
    "begin",
    ...houses.flatMap((house) =>
      house.setup.filter((line) => !unneeded(house).some((id) => line.includes(id))),
    ),
    ...needed,
    ...(attempt.prepare ? [attempt.prepare] : []),
    // Timeouts and the like have no part in it.
    ...become.split("; ").filter((line) => !/timeout|set_config\('(?!search_path)/.test(line)),
    ...(attempt.caller.enter === null ? [] : [attempt.caller.enter]),
    "-- The attempt:",
    ...tried.flatMap((sql) => sql.split(/; (?=select )/)),
    ...(victims.length > 0 && /^(insert|update|delete|merge|truncate)/.test(attempt.sql)
      ? [
          "-- What the other tenant's row is now:",
          "reset role",
          "reset session authorization",
          `select * from ${relation!.name} where ${isRow(victims[0]!)}`,
        ]
      : []),
    "rollback",
  ];
  return `${lines
    .filter((line) => line !== "")
    .map((line) => (line.startsWith("--") ? line : `${line};`))
    .join("\n")}\n`;
}
