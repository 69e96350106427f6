import type { Catalogue, Relation } from "./prove_catalogue.ts";

/** What the attacks are about: whose each relation's rows are. */
export interface Targets {
  readonly catalogue: Catalogue;
  /** The table of the tenants themselves, if foreign keys show one, and its key. */
  readonly tenants: { readonly table: Relation; readonly key: string } | null;
  /** Tables whose rows belong to a tenant, parents before children; partitions are not in it. */
  readonly owned: readonly Relation[];
  /** The column that says whose a row is; of a table that has none, null. */
  readonly tenantColumnOf: (relation: Relation) => string | null;
  /** Tables that belong to nobody, and why prove thinks so. */
  readonly shared: ReadonlyMap<Relation, string>;
}

/**
 * Which tables belong to tenants: those with the tenant's column, the tenants themselves, everything that
 * points to such a table, and what such a table points to directly (a person belongs to whoever made them).
 * `named` are catalogues that all tenants read on purpose; they are left out.
 */
export function findTargets(
  catalogue: Catalogue,
  tenantColumn: string,
  named: readonly string[] = [],
): Targets {
  const tables = [...catalogue.relations.values()].filter(
    (relation) => relation.kind === "table" && relation.parent === null,
  );
  const own = (relation: Relation): string | null =>
    relation.columns.some(({ name }) => name === tenantColumn) ? tenantColumn : null;
  const tenants = tenantsTable(catalogue, tables, tenantColumn);
  const tenantColumnOf = (relation: Relation): string | null => {
    const root = relation.parent === null ? undefined : catalogue.relations.get(relation.parent);
    if (relation === tenants?.table) return tenants.key;
    return own(relation) ?? (root ? tenantColumnOf(root) : null);
  };

  const isNamed = (relation: Relation): boolean => named.includes(relation.name);
  const owned = new Set(tables.filter((table) => tenantColumnOf(table) !== null && !isNamed(table)));
  const pointsTo = (child: Relation, parent: Relation): boolean =>
    child.foreignKeys.some(({ target }) => target === parent.oid);
  const direct = [...owned];
  for (const table of tables) {
    if (!isNamed(table) && direct.some((child) => child !== tenants?.table && pointsTo(child, table))) {
      owned.add(table);
    }
  }
  for (let grown = true; grown; ) {
    const more = tables.filter(
      (table) => !owned.has(table) && !isNamed(table) && [...owned].some((parent) => pointsTo(table, parent)),
    );
    for (const table of more) owned.add(table);
    grown = more.length > 0;
  }
  const shared = new Map(
    tables
      .filter((table) => !owned.has(table))
      .map((table) => [table, isNamed(table) ? "named as shared" : "no tenant, and no key to one"]),
  );
  return { catalogue, tenants, owned: inOrder([...owned]), tenantColumnOf, shared };
}

/** The table that most tenant columns point to. */
function tenantsTable(catalogue: Catalogue, tables: readonly Relation[], tenantColumn: string) {
  const votes = new Map<string, number>();
  for (const { foreignKeys } of tables) {
    for (const { columns, target, targetColumns } of foreignKeys) {
      if (columns.length !== 1 || columns[0] !== tenantColumn || targetColumns[0] === tenantColumn) continue;
      const vote = `${target} ${targetColumns[0]}`;
      votes.set(vote, (votes.get(vote) ?? 0) + 1);
    }
  }
  const [winner] = [...votes].sort(([, a], [, b]) => b - a);
  if (!winner) return null;
  const [oid, ...key] = winner[0].split(" ");
  const table = catalogue.relations.get(Number(oid));
  return table ? { table, key: key.join(" ") } : null;
}

/** Parents before children; a circle is broken where it is met. */
function inOrder(tables: readonly Relation[]): Relation[] {
  const ordered: Relation[] = [];
  const seen = new Set<Relation>();
  const visit = (table: Relation): void => {
    if (seen.has(table)) return;
    seen.add(table);
    for (const { target } of table.foreignKeys) {
      const parent = tables.find(({ oid }) => oid === target);
      if (parent) visit(parent);
    }
    ordered.push(table);
  };
  for (const table of tables) visit(table);
  return ordered;
}
