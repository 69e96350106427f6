import pg from "pg";
import type { Relation } from "./prove_catalogue.ts";
import { belongsTo, type House, keyOf, type Person, type Row, rowsOf } from "./prove_house.ts";
import { ident, insertion, literal } from "./prove_sql.ts";
import type { Targets } from "./prove_targets.ts";
import { candidates, type Mint } from "./prove_values.ts";

/** How often a row is tried with other values before it is given up as unproven. */
const PATIENCE = 400;

type Values = Record<string, string | null>;

/** What a new row of a table would hold, or why there is none. */
export type Draft = { readonly values: Values; readonly needs: readonly Row[] } | { readonly reason: string };

/**
 * Builds rows by trial: PostgreSQL says what is missing or not allowed, and the next value is tried.
 *
 * @param client in a transaction, as a role that row security does not hold back
 */
export function createBuilder(client: pg.ClientBase, targets: Targets) {
  const { catalogue } = targets;
  const underway = new Set<Relation>();

  /** One row of a table for somebody of a house, its parents first; null if none is wanted, else why not. */
  async function build(house: House, relation: Relation, person: Person | null): Promise<Row | string> {
    if (underway.has(relation)) return "it points to itself in a circle";
    underway.add(relation);
    try {
      const draft = await draftRow(house, relation, person);
      if ("reason" in draft) return draft.reason;
      const row = await insert(relation, draft.values, draft.needs);
      house.rows.push(row);
      return row;
    } finally {
      underway.delete(relation);
    }
  }

  /**
   * Values for a row that would be accepted; the trial row itself is undone.
   *
   * @param stranger whether parents without a tenant are built anew: a new member is a new person
   */
  async function draftRow(
    house: House,
    relation: Relation,
    person: Person | null,
    stranger = false,
  ): Promise<Draft> {
    const fixed: Values = {};
    const needs: Row[] = [];
    const tenantColumn = targets.tenantColumnOf(relation);
    if (tenantColumn !== null && relation !== targets.tenants?.table) fixed[tenantColumn] = house.tenant;
    for (const key of relation.foreignKeys) {
      const open = key.columns.filter((column) => !(column in fixed));
      if (open.length === 0 && key.columns.every((column) => column === tenantColumn)) continue;
      const parent = await parentOf(
        house,
        relation,
        key.columns,
        key.targetColumns,
        key.target,
        fixed,
        person,
        stranger,
      );
      if (typeof parent === "string") {
        if (open.some((column) => columnOf(relation, column).notNull)) return { reason: parent };
        continue;
      }
      if (parent.statement !== null || parent.needs.length > 0) needs.push(parent);
      for (const [place, column] of key.columns.entries())
        fixed[column] = parent.values[key.targetColumns[place]!]!;
    }
    const values = await search(relation, fixed, house.mint);
    return typeof values === "string" ? { reason: values } : { values, needs };
  }

  async function parentOf(
    house: House,
    child: Relation,
    columns: readonly string[],
    targetColumns: readonly string[],
    target: number,
    fixed: Values,
    person: Person | null,
    stranger: boolean,
  ): Promise<Row | string> {
    const relation = catalogue.relations.get(target);
    if (!relation) return `it points to a table outside the schemas that are looked at`;
    if (relation === child) return "it points to itself";
    const fits = (row: Row): boolean =>
      columns.every(
        (column, place) => !(column in fixed) || fixed[column] === row.values[targetColumns[place]!],
      );
    const rows = rowsOf(house, relation).filter(fits);
    const mine = rows.find((row) => belongsTo(row, person));
    const anew = stranger && targets.tenantColumnOf(relation) === null && !targets.shared.has(relation);
    if (!anew && (mine ?? rows[0])) return mine ?? rows[0]!;
    if (targets.shared.has(relation)) {
      const any = await client.query<Values>(`select ${texts(relation)} from ${relation.name} limit 1`);
      if (any.rows[0]) return { relation, values: any.rows[0], statement: null, needs: [] };
    }
    const built = await build(house, relation, person);
    if (typeof built === "string") return `${relation.name}: ${built}`;
    return fits(built) ? built : `no row of ${relation.name} fits its other keys`;
  }

  /** Tries values until PostgreSQL takes the row; nothing of it stays. */
  async function search(relation: Relation, fixed: Values, mint: Mint): Promise<Values | string> {
    const free = relation.columns.filter(({ name, generated }) => !generated && !(name in fixed));
    const options = new Map<string, (string | null | undefined)[]>();
    const optionsOf = (name: string) => {
      const column = columnOf(relation, name);
      const known = options.get(name);
      if (known) return known;
      const made: (string | null | undefined)[] = [
        ...(relation.partitionKey.includes(name) ? boundsOf(relation) : []),
        ...candidates(column, relation.checks, mint),
      ];
      if (!column.notNull) made.push(null);
      if (column.hasDefault) made.push(undefined);
      options.set(name, made);
      return made;
    };
    const values: Values = { ...fixed };
    const key = keyOf(relation);
    for (const column of free) {
      const random = key.includes(column.name) && column.base === "uuid";
      if (column.identity || (column.hasDefault && !random)) continue;
      const [first] = optionsOf(column.name);
      if (first !== undefined) values[column.name] = first;
    }
    const turns = new Map<string, number>();
    for (let trial = 0; trial < PATIENCE; trial++) {
      const refusal = await tryInsert(relation, values);
      if (refusal === null) return values;
      const problem = refusal.message;
      const stuck = `${refusal.code}: ${problem}`;
      if (refusal.code === "23502" && refusal.column && !(refusal.column in fixed)) {
        const [first] = optionsOf(refusal.column);
        if (first == null || values[refusal.column] === first) return stuck;
        values[refusal.column] = first;
      } else if (refusal.code === "23514") {
        // Without a constraint: there is no partition for the row.
        const which = refusal.constraint ?? "partition";
        const check = relation.checks.find(({ name }) => name === refusal.constraint);
        const columns = (check?.columns ?? (refusal.constraint ? [] : relation.partitionKey)).filter(
          (column) => !(column in fixed),
        );
        if (columns.length === 0) return stuck;
        // An odometer over the values of every column of the check.
        let turn = (turns.get(which) ?? 0) + 1;
        turns.set(which, turn);
        for (const column of columns) {
          const wheel = optionsOf(column);
          const value = wheel[turn % wheel.length];
          turn = Math.floor(turn / wheel.length);
          if (value === undefined) delete values[column];
          else values[column] = value;
        }
        if (turn > 0) return `${stuck} (no value found that satisfies it)`;
      } else if (refusal.code === "23505" && refusal.constraint) {
        const unique = relation.uniqueKeys.find(({ name }) => name.endsWith(refusal.constraint!));
        const column = (unique?.columns ?? []).find((one) => !(one in fixed) && optionsOf(one)[0] != null);
        if (!column || trial > 20) return `${stuck}`;
        values[column] = candidates(columnOf(relation, column), relation.checks, mint)[0]!;
      } else {
        return stuck;
      }
    }
    return "no values were found that all its checks allow";
  }

  /** Values that some partition of the table takes. */
  const boundsOf = (root: Relation): string[] =>
    [...catalogue.relations.values()].filter(({ parent }) => parent === root.oid).flatMap(literalsOf);

  async function tryInsert(relation: Relation, values: Values): Promise<pg.DatabaseError | null> {
    await client.query("savepoint trial");
    try {
      await client.query(insertion(relation, values));
      return null;
    } catch (error) {
      if (error instanceof pg.DatabaseError) return error;
      throw error;
    } finally {
      await client.query("rollback to savepoint trial; release savepoint trial");
    }
  }

  async function insert(relation: Relation, values: Values, needs: readonly Row[]): Promise<Row> {
    const { rows } = await client.query<Values>(
      `${insertion(relation, values)} returning ${texts(relation)}`,
    );
    const made = rows[0]!;
    const key = Object.fromEntries(keyOf(relation).map((column) => [column, made[column] ?? null]));
    return { relation, values: made, statement: insertion(relation, { ...values, ...key }), needs };
  }

  /** Reads every row of a house, those that triggers made too. */
  async function load(house: House): Promise<void> {
    const known = new Map(house.rows.map((row) => [identity(row), row]));
    const found: Row[] = [];
    const read = async (relation: Relation, condition: string): Promise<void> => {
      const { rows } = await client.query<Values>(
        `select ${texts(relation)} from ${relation.name} where ${condition} limit 200`,
      );
      for (const values of rows) {
        const row: Row = { relation, values, statement: null, needs: [] };
        if (!found.some((one) => identity(one) === identity(row)))
          found.push(known.get(identity(row)) ?? row);
      }
    };
    for (const relation of targets.owned) {
      const column = targets.tenantColumnOf(relation);
      if (column !== null)
        await read(relation, `${ident(column)} = ${literal(relation, column, house.tenant)}`);
    }
    for (const relation of targets.owned) {
      if (targets.tenantColumnOf(relation) !== null) continue;
      const conditions = house.rows
        .filter((row) => row.relation === relation)
        .map((row) => keyCondition(row));
      for (const row of found) {
        for (const key of row.relation.foreignKeys) {
          if (key.target !== relation.oid) continue;
          conditions.push(
            equal(
              relation,
              key.targetColumns,
              key.columns.map((one) => row.values[one] ?? null),
            ),
          );
        }
        for (const key of relation.foreignKeys) {
          if (key.target !== row.relation.oid) continue;
          conditions.push(
            equal(
              relation,
              key.columns,
              key.targetColumns.map((one) => row.values[one] ?? null),
            ),
          );
        }
      }
      const wanted = [...new Set(conditions)].filter((condition) => condition !== "");
      if (wanted.length > 0) await read(relation, wanted.map((one) => `(${one})`).join(" or "));
    }
    house.rows = found;
  }

  /** A row of the house in one partition: a copy of another with the partition's own key. */
  async function fillPartition(house: House, partition: Relation, root: Relation): Promise<void> {
    const [pattern] = rowsOf(house, root);
    const column = root.partitionKey[0];
    if (!pattern || column === undefined) return;
    const bounds = literalsOf(partition);
    const fresh = keyOf(root).filter(
      (name) => columnOf(root, name).base === "uuid" && pattern.values[name] !== house.tenant,
    );
    for (const bound of bounds.length > 0 ? bounds : ["1970-01-01", "-1", house.mint.token]) {
      const values: Values = { ...pattern.values, [column]: bound };
      for (const name of fresh) values[name] = house.mint.uuid();
      for (const { name, generated } of root.columns) if (generated) delete values[name];
      if ((await tryInsert(partition, values)) !== null) continue;
      house.rows.push({ ...(await insert(partition, values, [pattern])), relation: root });
      return;
    }
  }

  return { build, draftRow, load, fillPartition };
}

export type Builder = ReturnType<typeof createBuilder>;

const identity = (row: Row): string =>
  `${row.relation.oid} ${keyOf(row.relation).map((column) => row.values[column])}`;

const keyCondition = (row: Row): string =>
  equal(
    row.relation,
    keyOf(row.relation),
    keyOf(row.relation).map((column) => row.values[column] ?? null),
  );

/** Empty where a value is null: a foreign key with a null points nowhere. */
function equal(relation: Relation, columns: readonly string[], values: readonly (string | null)[]): string {
  if (values.includes(null)) return "";
  return columns
    .map((column, place) => `${ident(column)} = ${literal(relation, column, values[place]!)}`)
    .join(" and ");
}

/** The values in a partition's bound; the first is one that it takes. */
const literalsOf = ({ bound }: Relation): string[] =>
  [...(bound ?? "").matchAll(/\('?([^',)]+)'?/g)].map(([, value]) => value!);

const texts = ({ columns }: Relation): string =>
  columns.map(({ name }) => `${ident(name)}::text as ${ident(name)}`).join(", ");

function columnOf(relation: Relation, name: string) {
  const column = relation.columns.find((one) => one.name === name);
  if (!column) throw new Error(`${relation.name} has no column ${name}`);
  return column;
}
