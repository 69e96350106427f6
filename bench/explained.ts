import type pg from "pg";
import { isScan, nodesOf, type PlanNode, pagesReadBy, rowsReadBy } from "../src/development/query_plans.ts";

/** What some statements read, and the scans among it that were not as they should be. */
export interface Reading {
  /** Rows that scans looked at. */
  readonly rows: number;
  /** Pages of tables and indexes that they read. */
  readonly pages: number;
  readonly violations: readonly string[];
}

/**
 * Has the server explain whatever these roles run from their next connection on, also within functions and triggers, and
 * send the plans as notices ({@link hearPlans}).
 */
export async function explainAll(admin: pg.Pool, roles: readonly string[]): Promise<void> {
  const settings = {
    session_preload_libraries: "auto_explain",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_nested_statements": "on",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_buffers": "on",
    "auto_explain.log_timing": "off",
    "auto_explain.log_verbose": "on",
    "auto_explain.log_format": "json",
    "auto_explain.log_level": "notice",
  };
  for (const role of roles) {
    for (const [name, value] of Object.entries(settings)) {
      await admin.query(`alter role ${role} set ${name} = ${value}`);
    }
  }
}

/** The plans of what a pool's connections run from now on, in the order in which they ended. */
export function hearPlans(pool: pg.Pool): PlanNode[] {
  const heard: PlanNode[] = [];
  pool.on("connect", (client) => {
    client.on("notice", ({ message = "" }) => {
      const [, json] = /^duration: .* plan:\n(.*)$/s.exec(message) ?? [];
      if (json) heard.push(JSON.parse(json).Plan);
    });
  });
  return heard;
}

/** What the rule of {@link judge} has to know of the tables and their indexes, by schema and name. */
export interface Catalogue {
  /** Those of a tenant, whatever their size. */
  readonly tenantTables: ReadonlySet<string>;
  /** Others that grow with the number of tenants. */
  readonly growingTables: ReadonlySet<string>;
  readonly indexes: ReadonlyMap<string, { readonly keys: readonly string[]; readonly unique: boolean }>;
}

/** Pages for a row, and for a scan that finds none: down an index, and one of the table. */
const PAGES = 6;
/** Pages of the catalogue that a connection's first look at a table or an index can take. */
const FIRST = 24;

/** Rows of a table from which on it is one that grows. */
const GROWN = 1_000;

export async function readCatalogue(admin: pg.Pool): Promise<Catalogue> {
  const tables = await admin.query<{ name: string; of_tenant: boolean; grown: boolean }>(
    `select format('%s.%s', relnamespace::regnamespace, relname) as name, reltuples >= $1 as grown,
       exists (select from pg_attribute where attrelid = class.oid and attname = 'tenant_id') as of_tenant
     from pg_class as class
     where relkind in ('r', 'p') and relnamespace::regnamespace::text in ('app', 'auth', 'audit', 'context', 'jobs')`,
    [GROWN],
  );
  const indexes = await admin.query<{ name: string; keys: string[]; unique: boolean }>(
    `select format('%s.%s', relnamespace::regnamespace, relname) as name, indisunique as unique,
       array(select pg_get_indexdef(indexrelid, n, true) from generate_series(1, indnkeyatts) as n) as keys
     from pg_index join pg_class as class on class.oid = indexrelid`,
  );
  const named = (rows: readonly { name: string }[]): Set<string> => new Set(rows.map(({ name }) => name));
  return {
    tenantTables: named(tables.rows.filter((table) => table.of_tenant)),
    growingTables: named(tables.rows.filter((table) => !table.of_tenant && table.grown)),
    indexes: new Map(indexes.rows.map((index) => [index.name, index])),
  };
}

/**
 * What plans read. A violation is a scan of a tenant's table that does not begin at the tenant (an index whose first
 * columns are compared with one value each, tenant_id among them) nor finds its row by a unique key; one that goes on beyond
 * `limit` rows, or through an index's entries to find few; and a scan of another table that grows but by a unique key.
 */
export function judge(plans: readonly PlanNode[], catalogue: Catalogue, limit: number): Reading {
  const scans = plans.flatMap(nodesOf).filter(isScan);
  const violations = scans.flatMap((scan) => {
    const name = `${scan.Schema ?? ""}.${scan["Relation Name"] ?? ""}`;
    // An empty table, such as a partition of next month, is no more than a look.
    if (pagesReadBy(scan) === 0) return [];
    const isTenants = catalogue.tenantTables.has(name);
    if (!(isTenants || catalogue.growingTables.has(name))) return [];
    const start = startOf(scan, catalogue);
    const said = `${scan["Node Type"]} of ${name}${scan["Index Name"] ? ` by ${scan["Index Name"]}` : ""}`;
    if (!(start === "key" || (isTenants && start === "tenant"))) {
      return [`${said} (${scan["Index Cond"] ?? "no condition"}) does not begin at the tenant's index`];
    }
    const [rows, pages] = [rowsReadBy(scan), pagesReadBy(scan)];
    if (rows > limit) return [`${said} looked at ${rows} rows where ${limit} would do`];
    if (pages <= FIRST + PAGES * (rows + scan["Actual Loops"])) return [];
    return [`${said} (${scan["Index Cond"]}) read ${pages} pages for ${rows} rows`];
  });
  return {
    rows: scans.reduce((sum, scan) => sum + rowsReadBy(scan), 0),
    pages: scans.reduce((sum, scan) => sum + pagesReadBy(scan), 0),
    violations: [...new Set(violations)],
  };
}

/** At what a scan begins: one row's unique key, a tenant, or neither. */
function startOf(scan: PlanNode, { indexes }: Catalogue): "key" | "tenant" | null {
  if (scan["Node Type"] === "Tid Scan") return "key";
  // The heap's half of a bitmap scan begins where the index's half below it did.
  const source = scan["Node Type"] === "Bitmap Heap Scan" ? scan.Plans?.find(isScan) : scan;
  const index = indexes.get(`${scan.Schema ?? ""}.${source?.["Index Name"] ?? ""}`);
  if (!(source && index)) return null;
  const condition = source["Index Cond"] ?? "";
  const rest = index.keys.findIndex((key) => !comparesOne(condition, key));
  const fixed = rest === -1 ? index.keys : index.keys.slice(0, rest);
  if (index.unique && fixed.length === index.keys.length) return "key";
  return fixed.includes("tenant_id") ? "tenant" : null;
}

/** Whether a condition such as `((m.tenant_id = (InitPlan 1).col1) AND (m.id > $1))` compares a key with one value. */
function comparesOne(condition: string, key: string): boolean {
  const [, wrapper = "", column = key] = /^(\w+\()?(\w+)\)?$/.exec(key) ?? [];
  const escaped = wrapper.replace("(", "\\(");
  return new RegExp(`${escaped}(\\w+\\.)?\\b${column}\\b\\)? = `).test(condition);
}
