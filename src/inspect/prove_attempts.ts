import type { Attempt, Whose, Wrong } from "./prove_attempt.ts";
import type { ForeignKey, Relation } from "./prove_catalogue.ts";
import { type Caller, colleaguesRow, type House, keyOf, ownRow, type Row, rowsOf } from "./prove_house.ts";
import type { Rights } from "./prove_rights.ts";
import { ident, insertion, isRow, literal } from "./prove_sql.ts";
import type { Targets } from "./prove_targets.ts";

/** A row that would be accepted, and what has to be done to make room for it; or why there is none. */
export type Proposal =
  | {
      readonly values: Readonly<Record<string, string | null>>;
      readonly needs: readonly Row[];
      readonly prepare?: string;
    }
  | { readonly reason: string };

/** What attempts against one relation by one caller are made of. */
export interface Scene {
  readonly targets: Targets;
  readonly relation: Relation;
  /** The table that holds the rows: the relation itself, or what it is a partition of. */
  readonly root: Relation;
  readonly caller: Caller;
  readonly rights: Rights;
  readonly home: House;
  readonly abroad: House;
  /** A new row of the caller's. */
  readonly own: Proposal;
  /** A new row of the other tenant's. */
  readonly forged: Proposal;
  /** Whether the relation holds a row of the other tenant. */
  readonly bait: boolean;
}

type Part = Omit<Attempt, "caller" | "target" | "rows" | "bait"> & {
  rows?: readonly (Row | null | undefined)[];
};

/** Everything that one caller tries with one table or partition. */
export function* tableAttempts(scene: Scene): Generator<Attempt> {
  const parts = [
    within(scene),
    reading(scene),
    inserting(scene),
    changing(scene),
    pointing(scene),
    probing(scene),
    wholesale(scene),
  ];
  const seen = new Set<string>();
  for (const part of parts) {
    for (const { rows = [], ...attempt } of part) {
      if (attempt.sql !== "" && seen.has(attempt.sql)) continue;
      seen.add(attempt.sql);
      yield {
        ...attempt,
        caller: scene.caller,
        target: scene.relation.name,
        bait: scene.bait,
        rows: rows.filter((row): row is Row => row != null),
      };
    }
  }
}

const across = (name: string, wrong: Wrong, sql: string, rest: Partial<Part> = {}): Part => ({
  name,
  whose: "other tenant's",
  wrong,
  sql,
  ...rest,
});

const victimOf = ({ abroad, root }: Scene): Row | undefined => rowsOf(abroad, root).at(0);

/** A column to set to itself: one that is granted, so that the policies are asked. */
function touched({ relation, rights }: Scene): string {
  const writable = relation.columns.filter(({ generated, identity }) => !generated && !identity);
  return ident(rights.update[0] ?? writable.at(-1)?.name ?? relation.columns[0]!.name);
}

const shownColumns = ({ rights }: Scene): string =>
  rights.select.length > 0 ? rights.select.map(ident).join(", ") : "*";

/** All rows of the other tenant, as far as the relation's own columns tell. */
function everybodyElse({
  targets,
  relation,
  root,
  home,
  abroad,
}: Scene): { theirs: string; notOurs: string } | null {
  const column = targets.tenantColumnOf(root);
  if (column === null || !relation.columns.some(({ name }) => name === column)) return null;
  return {
    theirs: `${ident(column)} = ${literal(root, column, abroad.tenant)}`,
    notOurs: `${ident(column)} is distinct from ${literal(root, column, home.tenant)}`,
  };
}

/** Within the tenant: what is allowed is for the policies to say, but outside the door nothing is. */
function* within(scene: Scene): Generator<Part> {
  const { relation, root, caller, home, own, rights } = scene;
  const wrong: Wrong = caller.enter === null ? "reach" : "nothing";
  const person = caller.person ?? home.people.find(({ name }) => name === "member") ?? home.people[0] ?? null;
  const rows: [Whose, Row | null][] = [
    ["own", ownRow(home, root, person)],
    ["colleague's", colleaguesRow(home, root, person)],
  ];
  for (const [whose, row] of rows) {
    if (row === null) continue;
    const part = { whose, wrong, rows: [row] };
    yield { name: "select", sql: `select from ${relation.name} where ${isRow(row)}`, ...part };
    yield {
      name: "update",
      sql: `update ${relation.name} set ${touched(scene)} = ${touched(scene)} where ${isRow(row)}`,
      ...part,
    };
    yield { name: "delete", sql: `delete from ${relation.name} where ${isRow(row)}`, ...part };
    for (const column of rights.update) {
      const value = another(home, root, column, row.values[column] ?? null);
      if (value === undefined) continue;
      yield {
        name: `update ${column}`,
        sql: `update ${relation.name} set ${ident(column)} = ${literal(root, column, value)} where ${isRow(row)}`,
        ...part,
      };
    }
  }
  if ("reason" in own) {
    yield { name: "insert", whose: "own", wrong, sql: "", unproven: `no row could be built: ${own.reason}` };
    return;
  }
  const granted = pick(own.values, rights.insert);
  const [optional] = rights.insert;
  const values =
    Object.keys(granted).length > 0
      ? granted
      : optional === undefined
        ? own.values
        : // Everything that is granted has a default: one column is named all the same.
          { [optional]: rowsOf(home, root)[0]?.values[optional] ?? null };
  yield {
    name: "insert",
    whose: "own",
    wrong,
    sql: insertion(relation, values),
    rows: own.needs,
    ...(own.prepare && { prepare: own.prepare }),
  };
  for (const column of rights.insert) {
    const value = another(home, root, column, values[column] ?? null);
    if (value === undefined) continue;
    yield {
      name: `insert another ${column}`,
      whose: "own",
      wrong,
      sql: insertion(relation, { ...values, [column]: value }),
      rows: own.needs,
      ...(own.prepare && { prepare: own.prepare }),
    };
  }
}

/** A value that a column has in another row of the tenant: a role that is not one's own, another status. */
function another(home: House, root: Relation, column: string, value: string | null): string | undefined {
  if (root.columns.find(({ name }) => name === column)?.base === "boolean")
    return value === "true" ? "false" : "true";
  const unique = root.uniqueKeys.some(({ columns }) => columns.includes(column));
  const pointing = root.foreignKeys.some(({ columns }) => columns.includes(column));
  if (unique && !pointing && value !== null && !isUuid(value)) return `${home.mint.token}${home.mint.next()}`;
  const others = rowsOf(home, root).flatMap((row) => row.values[column] ?? []);
  // The longest: of roles' permissions, the most.
  const [longest] = others.filter((one) => one !== value).sort((a, b) => b.length - a.length);
  const [allowed] = root.checks
    .filter(({ columns }) => columns.length === 1 && columns[0] === column)
    .flatMap(({ definition }) => [...definition.matchAll(/= ANY|'([a-z_]+)'::/g)].map(([, word]) => word))
    .filter((word) => word !== undefined && word !== value);
  return longest ?? allowed;
}

function* reading(scene: Scene): Generator<Part> {
  const { relation } = scene;
  const victim = victimOf(scene);
  const rows = [victim];
  if (victim) {
    yield across(
      "select by key",
      "reach",
      `select ${shownColumns(scene)} from ${relation.name} where ${isRow(victim)}`,
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
  const everybody = everybodyElse(scene);
  if (everybody) {
    const { theirs, notOurs } = everybody;
    yield across(
      "select everything",
      "reach",
      `select ${shownColumns(scene)} from ${relation.name} where ${notOurs} limit 20`,
      { rows },
    );
    yield across("count", "count", `select count(*) from ${relation.name} where ${theirs}`, { rows });
    yield across(
      "copy out",
      "reach",
      `copy (select ${shownColumns(scene)} from ${relation.name} where ${theirs}) to stdout`,
      { rows },
    );
  } else {
    yield across(
      "select everything",
      "reveal",
      `select ${shownColumns(scene)} from ${relation.name} limit 10000`,
      { rows },
    );
  }
  if (relation.kind === "table") {
    const columns = scene.rights.select.length > 0 ? ` (${shownColumns(scene)})` : "";
    yield across("copy the whole table out", "copy all", `copy ${relation.name}${columns} to stdout`, {
      rows,
    });
  }
}

function* inserting(scene: Scene): Generator<Part> {
  const { targets, relation, root, forged, rights, home } = scene;
  const victim = victimOf(scene);
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
      .map((column) => [column, home.mint.uuid()]),
  );
  const column = touched(scene);
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

function* changing(scene: Scene): Generator<Part> {
  const { targets, relation, root, home, abroad, caller } = scene;
  const tenantColumn = targets.tenantColumnOf(root);
  const victim = victimOf(scene);
  const column = touched(scene);
  const set = `set ${column} = ${column}`;
  if (victim) {
    const find = isRow(victim);
    const twinFind = isRow(victim, root, absentKey(victim, home));
    const rows = [victim];
    const twin = (sql: (condition: string) => string): Partial<Part> => ({
      rows,
      ...(twinFind !== find && { twin: sql(twinFind) }),
    });
    const update = (condition: string): string => `update ${relation.name} ${set} where ${condition}`;
    const remove = (condition: string): string => `delete from ${relation.name} where ${condition}`;
    const merge =
      (action: string) =>
      (condition: string): string =>
        `merge into ${relation.name} using (select 1) as one on ${condition} when matched then ${action}`;
    yield across("update", "reach", update(find), twin(update));
    yield across("update, returning", "reach", `${update(find)} returning *`, { rows });
    yield across("delete", "reach", remove(find), twin(remove));
    yield across("delete, returning", "reach", `${remove(find)} returning *`, { rows });
    yield across("merge, update", "reach", merge(`update ${set}`)(find), twin(merge(`update ${set}`)));
    yield across("merge, delete", "reach", merge("delete")(find), twin(merge("delete")));
    if (tenantColumn !== null && relation !== targets.tenants?.table) {
      yield across(
        "take into the own tenant",
        "reach",
        `update ${relation.name} set ${ident(tenantColumn)} = ${literal(root, tenantColumn, home.tenant)} where ${find}`,
        { rows },
      );
    }
  }
  const everybody = everybodyElse(scene);
  if (everybody) {
    yield across("update everything", "reach", `update ${relation.name} ${set} where ${everybody.notOurs}`, {
      rows: [victim],
    });
    yield across("delete everything", "reach", `delete from ${relation.name} where ${everybody.notOurs}`, {
      rows: [victim],
    });
  }
  // Without a condition only the policies of the command itself are asked, not those for select.
  const constant = pickConstant(scene);
  if (constant)
    yield across("update blindly", "reveal", `update ${relation.name} set ${constant}`, { rows: [victim] });
  yield across("delete blindly", "reveal", `delete from ${relation.name}`, { rows: [victim] });
  const own = ownRow(home, root, caller.person);
  if (own && tenantColumn !== null && relation !== targets.tenants?.table) {
    const theirs = `${ident(tenantColumn)} = ${literal(root, tenantColumn, abroad.tenant)}`;
    yield across("move blindly into the other tenant", "reveal", `update ${relation.name} set ${theirs}`, {
      rows: [own],
    });
  }
  if (own && tenantColumn !== null) {
    yield across(
      "move into the other tenant",
      "reach",
      `update ${relation.name} set ${ident(tenantColumn)} = ${literal(root, tenantColumn, relation === targets.tenants?.table ? abroad.mint.uuid() : abroad.tenant)} where ${isRow(own)}`,
      { rows: [own] },
    );
  }
}

/** A column that is granted, set to a value that the caller's tenant has: no column is read. */
function pickConstant({ root, rights, home }: Scene): string | null {
  const unique = root.uniqueKeys.flatMap(({ columns }) => columns);
  const column = rights.update.find((one) => !unique.includes(one)) ?? rights.update[0];
  const row = rowsOf(home, root)[0];
  return column && row ? `${ident(column)} = ${literal(root, column, row.values[column] ?? null)}` : null;
}

/** Foreign keys into the other tenant: it must fail, and no differently than for what exists nowhere. */
function* pointing(scene: Scene): Generator<Part> {
  const { targets, relation, root, home, own, rights, caller } = scene;
  const tenantColumn = targets.tenantColumnOf(root);
  for (const key of root.foreignKeys) {
    const parent = targets.catalogue.relations.get(key.target);
    const columns = key.columns.filter((column) => column !== tenantColumn);
    if (!parent || !targets.owned.includes(parent) || columns.length === 0) continue;
    const victim = rowsOf(scene.abroad, parent).at(0);
    const name = `pointing to the other tenant's ${parent.name} (${key.columns.join(", ")})`;
    if (!victim) {
      yield across(`insert, ${name}`, "reach", "", { unproven: `no row of ${parent.name} could be built` });
      continue;
    }
    const theirs = valuesOf(key, columns, (column) => victim.values[column] ?? null);
    const nobodys = valuesOf(key, columns, (column) =>
      isUuid(victim.values[column])
        ? home.mint.uuid()
        : String(victim.values[column] === null ? "" : `9${home.mint.next()}`),
    );
    if (!("reason" in own)) {
      const written = pick(own.values, [...columns, ...rights.insert]);
      yield across(`insert, ${name}`, "reach", insertion(relation, { ...written, ...theirs }), {
        twin: insertion(relation, { ...written, ...nobodys }),
        rows: [victim, ...own.needs],
        ...(own.prepare && { prepare: own.prepare }),
      });
    }
    const mine = ownRow(home, root, caller.person);
    if (mine) {
      const update = (values: Readonly<Record<string, string | null>>): string =>
        `update ${relation.name} set ${Object.entries(values)
          .map(([column, value]) => `${ident(column)} = ${literal(root, column, value)}`)
          .join(", ")} where ${isRow(mine)}`;
      yield across(`update, ${name}`, "reach", update(theirs), {
        twin: update(nobodys),
        rows: [victim, mine],
      });
    }
  }
}

/** Unique keys: a violation must not tell that another tenant has the value. */
function* probing(scene: Scene): Generator<Part> {
  const { targets, relation, root, own, rights, caller, home } = scene;
  const tenantColumn = targets.tenantColumnOf(root);
  for (const { columns } of root.uniqueKeys) {
    const probed = columns.filter((column) => column !== tenantColumn);
    // Columns of foreign keys are asked by pointing().
    const free = probed.filter((column) => !root.foreignKeys.some((key) => key.columns.includes(column)));
    if (free.length === 0) continue;
    // A value that the own tenant has too would be refused for its own sake.
    const at = (row: Row): string => JSON.stringify(free.map((column) => row.values[column]));
    const ours = new Set(rowsOf(home, root).map(at));
    const victim = rowsOf(scene.abroad, root).find((row) => !ours.has(at(row)));
    if (!victim) continue;
    const name = `unique probe (${columns.join(", ")})`;
    const theirs = Object.fromEntries(free.map((column) => [column, victim.values[column] ?? null]));
    if (!("reason" in own)) {
      const written = pick(own.values, [...free, ...rights.insert]);
      const fresh = Object.fromEntries(
        free.map((column) => [
          column,
          isUuid(victim.values[column]) ? home.mint.uuid() : (own.values[column] ?? null),
        ]),
      );
      const rest = { rows: [victim, ...own.needs], ...(own.prepare && { prepare: own.prepare }) };
      for (const tail of ["", " on conflict do nothing"]) {
        yield across(
          `insert, ${name}${tail}`,
          "reveal",
          insertion(relation, { ...written, ...theirs }) + tail,
          {
            ...rest,
            twin: insertion(relation, { ...written, ...fresh }) + tail,
          },
        );
      }
    }
    const mine = ownRow(home, root, caller.person);
    if (!mine) continue;
    const update = (values: Readonly<Record<string, string | null>>): string =>
      `update ${relation.name} set ${Object.entries(values)
        .map(([column, value]) => `${ident(column)} = ${literal(root, column, value)}`)
        .join(", ")} where ${isRow(mine)}`;
    const fresh =
      "reason" in own
        ? null
        : Object.fromEntries(
            free.map((column) => [column, own.values[column] ?? mine.values[column] ?? null]),
          );
    yield across(`update, ${name}`, "reveal", update(theirs), {
      rows: [victim, mine],
      ...(fresh && { twin: update(fresh) }),
    });
  }
}

/** What is about the table as a whole. */
function* wholesale(scene: Scene): Generator<Part> {
  const { relation } = scene;
  if (relation.kind !== "table") return;
  yield across("truncate", "succeed", `truncate ${relation.name} cascade`);
  yield across("lock table", "lock", `lock table ${relation.name} in access exclusive mode`);
  if (!scene.bait) return;
  const [schema, table] = [relation.schema, relation.name].map((name) =>
    name.replace(/^.*\./, "").replaceAll('"', ""),
  );
  yield across(
    "read its statistics",
    "reach",
    `select attname, most_common_vals, histogram_bounds from pg_catalog.pg_stats where schemaname = '${schema}' and tablename = '${table}'`,
    {
      prepare: `analyze ${relation.name}`,
      rows: [...rowsOf(scene.home, scene.root), ...rowsOf(scene.abroad, scene.root)],
    },
  );
}

function valuesOf(key: ForeignKey, columns: readonly string[], value: (column: string) => string | null) {
  return Object.fromEntries(
    columns.map((column) => [column, value(key.targetColumns[key.columns.indexOf(column)]!)]),
  );
}

function absentKey(victim: Row, home: House): Record<string, string> {
  const column = keyOf(victim.relation).findLast((one) => isUuid(victim.values[one]));
  return column === undefined ? {} : { [column]: home.mint.uuid() };
}

const isUuid = (value: string | null | undefined): boolean => /^[0-9a-f]{8}-[0-9a-f]{4}-/.test(value ?? "");

const pick = (
  values: Readonly<Record<string, string | null>>,
  names: readonly string[],
): Record<string, string | null> =>
  Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)));
