import type { Relation } from "./prove_catalogue.ts";
import type { Mint } from "./prove_values.ts";

/** A row that was built for the attacks, or that a trigger made of one. */
export interface Row {
  readonly relation: Relation;
  /** Every column as text. */
  readonly values: Readonly<Record<string, string | null>>;
  /** What made it, with its key written out; null where the setup or a trigger did. */
  readonly statement: string | null;
  /** The rows that have to be there first. */
  readonly needs: readonly Row[];
}

/** Somebody of a tenant. Without a table of users there is one person, without an id. */
export interface Person {
  readonly name: string;
  readonly id: string | null;
}

/** Somebody who tries. */
export interface Caller {
  readonly name: string;
  /** The database role that their statements run as. */
  readonly role: string;
  /** SQL that brings them in; null for those who stay outside. */
  readonly enter: string | null;
  readonly person: Person | null;
}

/** A tenant built for the attacks. */
export interface House {
  readonly letter: "A" | "B";
  readonly tenant: string;
  readonly mint: Mint;
  readonly people: readonly Person[];
  /** Statements that made the tenant and its people; every script begins with them. */
  readonly setup: readonly string[];
  rows: Row[];
  /** Tables without a row, and why none could be built. */
  readonly unbuilt: Map<Relation, string>;
}

/** Whether a row is somebody's: it holds their id. */
export function belongsTo(row: Row, person: Person | null): boolean {
  return person?.id != null && Object.values(row.values).includes(person.id);
}

export function rowsOf(house: House, relation: Relation): Row[] {
  return house.rows.filter((row) => row.relation.oid === relation.oid);
}

/** The row of a table that is somebody's own; where rows are nobody's in particular, one of the tenant. */
export function ownRow(house: House, relation: Relation, person: Person | null): Row | null {
  const rows = rowsOf(house, relation);
  const mine = rows.filter((row) => belongsTo(row, person));
  // Of two, the one that one was the last to get: it is the one that least depends on.
  if (mine.length > 0) return mine.at(-1)!;
  const anybodys = rows.filter((row) => !house.people.some((one) => belongsTo(row, one)));
  return anybodys.at(-1) ?? null;
}

/** A row of somebody else in the same tenant. */
export function colleaguesRow(house: House, relation: Relation, person: Person | null): Row | null {
  const others = house.people.filter((one) => one !== person && one.id !== person?.id);
  return (
    rowsOf(house, relation).find(
      (row) => !belongsTo(row, person) && others.some((one) => belongsTo(row, one)),
    ) ?? null
  );
}

/** The primary key of a table; without one, every column that holds something distinctive. */
export function keyOf(relation: Relation): readonly string[] {
  return (
    relation.uniqueKeys[0]?.columns ??
    relation.columns.filter(({ generated }) => !generated).map(({ name }) => name)
  );
}
