import type { Attempt } from "./attempts/attempt.ts";
import type { Targets } from "./fixture/targets.ts";
import { type Row, rowsOf, type Tenant } from "./fixture/tenant.ts";
import { isRow } from "./sql.ts";

/** What makes these rows and whatever they need, in the order in which it was done; the setup is left out. */
export function statementsFor(rows: readonly Row[], tenants: readonly Tenant[]): string[] {
  const wanted = new Set<Row>();
  const want = (row: Row): void => {
    if (wanted.has(row)) return;
    wanted.add(row);
    for (const one of row.needs) want(one);
  };
  for (const row of rows) want(row);
  const statements = new Set([...wanted].flatMap(({ statement }) => statement ?? []));
  const made = tenants.flatMap((tenant) => tenant.made);
  const setup = new Set(tenants.flatMap((tenant) => tenant.setup));
  return [
    ...made.filter((sql) => statements.has(sql)),
    // What triggers made comes last: whatever they were fired by is there.
    ...[...statements].filter((sql) => !made.includes(sql)),
  ].filter((sql) => !setup.has(sql));
}

/**
 * A psql script that shows a leak, for an administrator: it makes the two tenants, becomes the caller, does
 * what was done, shows what came of it, and rolls back.
 *
 * @param become SQL that becomes the caller's role
 */
export function scriptOf(
  attempt: Attempt,
  tenants: readonly [home: Tenant, abroad: Tenant],
  become: string,
  detail: string,
  targets: Targets,
): string {
  const [, abroad] = tenants;
  const needed = statementsFor(attempt.rows, tenants);
  const relation = [...targets.catalogue.relations.values()].find(({ name }) => name === attempt.target);
  const victims = relation ? rowsOf(abroad, relation).slice(0, 1) : [];
  const enter = [
    // Timeouts and the like have no part in it; how the role plans may have.
    ...become.split("; ").filter((line) => !/timeout|set_config\('(?!search_path|enable_)/.test(line)),
    ...(attempt.caller.enter === null ? [] : attempt.caller.enter.split(/; (?=select )/)),
  ];
  const tried = attempt.otherwise
    ? [
        "savepoint as_it_is",
        ...(attempt.asItIs ? [attempt.asItIs] : []),
        ...enter,
        attempt.sql,
        "rollback to savepoint as_it_is",
        "-- … and with another row there the answer must be the same:",
        attempt.otherwise,
        ...enter,
        attempt.sql,
      ]
    : attempt.twin
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
  // Where everything is setup, everything may be needed.
  const unneeded = ({ people, setup, made }: Tenant): string[] =>
    people.flatMap(({ id }) =>
      id === null || setup === made || id === attempt.caller.person?.id || mentioned.includes(id) ? [] : id,
    );
  const lines = [
    `-- ${attempt.target}: ${attempt.name} (${attempt.whose}), as ${attempt.caller.name} (${attempt.caller.role}): ${detail}`,
    "-- Run it in psql as an administrator. It rolls back.",
    "begin",
    ...tenants.flatMap((tenant) =>
      tenant.setup.filter((line) => !unneeded(tenant).some((id) => line.includes(id))),
    ),
    ...needed,
    ...(attempt.prepare ? [attempt.prepare] : []),
    ...(attempt.otherwise ? [] : enter),
    "-- The attempt:",
    ...tried.flatMap((sql) =>
      sql.split(/; (?=\(?(?:select|explain|set local|insert|delete|update|analyze) )/),
    ),
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
