import type { Relation } from "../../fixture/catalogue.ts";
import type { Rights } from "../../fixture/rights.ts";
import type { Targets } from "../../fixture/targets.ts";
import { type Caller, type Row, rowsOf, type Tenant } from "../../fixture/tenant.ts";
import { ident, literal } from "../../sql.ts";
import type { Attempt, Wrong } from "../attempt.ts";

/** A row that would be accepted, and what has to be done to make room for it; or why there is none. */
export type Proposal =
  | {
      readonly values: Readonly<Record<string, string | null>>;
      readonly needs: readonly Row[];
      readonly prepare?: string;
    }
  | { readonly reason: string };

/** One caller's attack on one relation: what its attempts are made of. */
export interface TableAttack {
  readonly targets: Targets;
  readonly relation: Relation;
  /** The table that holds the rows: the relation itself, or what it is a partition of. */
  readonly root: Relation;
  readonly caller: Caller;
  readonly rights: Rights;
  readonly home: Tenant;
  readonly abroad: Tenant;
  /** A new row of the caller's. */
  readonly own: Proposal;
  /** A new row of the other tenant's. */
  readonly forged: Proposal;
  /** Whether the relation holds a row of the other tenant. */
  readonly bait: boolean;
}

/** An attempt before it is said who tries, and on what. */
export type Part = Omit<Attempt, "caller" | "target" | "rows" | "bait"> & {
  rows?: readonly (Row | null | undefined)[];
};

/** An attempt on the other tenant's rows. */
export const across = (name: string, wrong: Wrong, sql: string, rest: Partial<Part> = {}): Part => ({
  name,
  whose: "other tenant's",
  wrong,
  sql,
  ...rest,
});

/** A row of the other tenant. */
export const victimOf = ({ abroad, root }: TableAttack): Row | undefined => rowsOf(abroad, root).at(0);

/** A column to set to itself: one that is granted, so that the policies are asked. */
export function touched({ relation, rights }: TableAttack): string {
  const writable = relation.columns.filter(({ generated, identity }) => !generated && !identity);
  return ident(rights.update[0] ?? writable.at(-1)?.name ?? relation.columns[0]!.name);
}

export const shownColumns = ({ rights }: TableAttack): string =>
  rights.select.length > 0 ? rights.select.map(ident).join(", ") : "*";

/** All rows of the other tenant, as far as the relation's own columns tell. */
export function everybodyElse({
  targets,
  relation,
  root,
  home,
  abroad,
}: TableAttack): { theirs: string; notOurs: string } | null {
  const column = targets.tenantColumnOf(root);
  if (column === null || !relation.columns.some(({ name }) => name === column)) return null;
  return {
    theirs: `${ident(column)} = ${literal(root, column, abroad.id)}`,
    // Another tenant that the caller belongs to is not somebody else's.
    notOurs: [home.id, ...home.also.keys()]
      .map((id) => `${ident(column)} is distinct from ${literal(root, column, id)}`)
      .join(" and "),
  };
}

export const isUuid = (value: string | null | undefined): boolean =>
  /^[0-9a-f]{8}-[0-9a-f]{4}-/.test(value ?? "");

export const pick = (
  values: Readonly<Record<string, string | null>>,
  names: readonly string[],
): Record<string, string | null> =>
  Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)));
