import type pg from "pg";
import { type Row, rowsOf, type Tenant } from "../../fixture/tenant.ts";
import { candidates, isList } from "../../fixture/values.ts";
import { insertion, isRow } from "../../sql.ts";
import type { TableAttack } from "../tables/table_attack.ts";
import { another } from "../tables/within.ts";

/** Another row in the place of one: what a caller sees must not depend on which of the two is there. */
export interface OtherRow {
  /** What an administrator does to replace the one by the other. */
  readonly sql: string;
  /** The columns in which they differ, with what the other has there. */
  readonly values: Readonly<Record<string, string | null>>;
}

/**
 * Replaces a row of the other tenant by one that differs in as many columns as the table's checks allow, its key first.
 *
 * @returns the reason if there is no such row
 */
export async function findOtherRow(
  client: pg.ClientBase,
  attack: TableAttack,
  victim: Row,
): Promise<OtherRow | string> {
  const { targets, root, abroad, forged } = attack;
  const tenantColumn = root === targets.tenants?.table ? null : targets.tenantColumnOf(root);
  const fresh = (name: string): string | null | undefined => {
    const column = root.columns.find((one) => one.name === name)!;
    const value = victim.values[name] ?? null;
    if (root.uniqueKeys[0]?.columns.includes(name))
      return candidates(column, root.checks, abroad.generator)[0];
    const drafted = "reason" in forged ? undefined : forged.values[name];
    if (drafted != null && drafted !== value) return drafted;
    return otherValue(abroad, victim, name);
  };
  const kept = Object.fromEntries(
    root.columns.filter(({ generated }) => !generated).map(({ name }) => [name, victim.values[name] ?? null]),
  );
  const options = Object.keys(kept).flatMap((name) => {
    const value = name === tenantColumn ? undefined : fresh(name);
    return value === undefined || value === kept[name] ? [] : [[name, value] as const];
  });
  const replace = (values: OtherRow["values"]): string =>
    unhindered(`delete from ${root.name} where ${isRow(victim)}; ${insertion(root, { ...kept, ...values })}`);
  const everything: OtherRow["values"] = Object.fromEntries(options);
  let refusal = await refusalOf(client, replace(everything));
  if (refusal === null) return { sql: replace(everything), values: everything };
  // Not all at once: then one after the other, as long as the row is accepted.
  let values: OtherRow["values"] = {};
  for (const [name, value] of options) {
    const more = { ...values, [name]: value };
    refusal = await refusalOf(client, replace(more));
    if (refusal === null) values = more;
  }
  return Object.keys(values).length > 0
    ? { sql: replace(values), values }
    : `no other row could stand in its place: ${refusal}`;
}

/** A value that would do as well in one column. */
export function otherValue(tenant: Tenant, row: Row, name: string): string | undefined {
  const { relation } = row;
  const value = row.values[name] ?? null;
  const column = relation.columns.find((one) => one.name === name)!;
  const listed = relation.checks.some((check) => isList(check) && check.columns.includes(name));
  return (
    (listed ? undefined : another(tenant, relation, name, value)) ??
    candidates(column, relation.checks, tenant.generator).find((one) => one !== value)
  );
}

/**
 * Triggers and foreign keys would have their say; this is about what is there, not about how it came. An administrator
 * who may not switch them off does without.
 */
export const unhindered = (sql: string): string =>
  [
    `select pg_catalog.set_config('prove.triggers', pg_catalog.current_setting('session_replication_role'), true), ${triggers("'replica'", true)}`,
    sql,
    `select ${triggers("pg_catalog.current_setting('prove.triggers')", true)}`,
  ].join("; ");

/**
 * Switches triggers off or on until it is said otherwise. Each switch has the server forget all its plans: where much is tried
 * unhindered, they are off throughout.
 */
export const switchTriggers = (on: boolean): string =>
  `select ${triggers(on ? "'origin'" : "'replica'", false)}`;

const triggers = (role: string, locally: boolean): string =>
  `pg_catalog.set_config('session_replication_role', ${role}, ${locally}) where pg_catalog.has_parameter_privilege('session_replication_role', 'set')`;

/** What PostgreSQL has against it, or null; nothing of it stays. */
export async function refusalOf(client: pg.ClientBase, sql: string): Promise<string | null> {
  const undo = "rollback to savepoint trial; release savepoint trial";
  try {
    await client.query(`savepoint trial; ${sql}; ${undo}`);
    return null;
  } catch (error) {
    await client.query(undo);
    return (error as Error).message;
  }
}

/** The row of the other tenant that is asked about: the last that was made, on which the least depends. */
export const subjectOf = ({ abroad, root }: TableAttack): Row | undefined => rowsOf(abroad, root).at(-1);
