import type pg from "pg";
import type { Targets } from "../prove/fixture/targets.ts";
import { ident } from "../prove/sql.ts";

/** One thing broken. */
export interface Mutant {
  /** `drop policy "…" on app.roles`. */
  readonly name: string;
  readonly kind: string;
  readonly sql: string;
  /** The relations that an attack should look at. */
  readonly relations: readonly string[];
  /** Whether functions, roles and contexts are worth attacking. */
  readonly elsewhere: boolean;
  /** The functions, where nothing else elsewhere is another than before. */
  readonly functions?: readonly number[];
}

/** Everything that could be broken in a database, one at a time, from its catalogue. */
export async function listMutants(
  client: pg.ClientBase,
  targets: Targets,
  apiRoles: readonly string[],
): Promise<Mutant[]> {
  const around = aroundOf(targets);
  const tables = targets.owned.map(({ oid }) => oid);
  const mutants: Mutant[] = [];
  for (const sql of [POLICIES, WALLS, STATISTICS, TABLES, PARTITIONS, VIEWS, TRIGGERS, PRIVILEGES]) {
    const { rows } = await client.query<{ kind: string; name: string; sql: string; relation: number }>(sql, [
      tables,
      apiRoles,
    ]);
    for (const { kind, name, sql: breaking, relation } of rows) {
      mutants.push({ kind, name, sql: breaking, relations: around(relation), elsewhere: false });
    }
  }
  const { rows: columns } = await client.query<{ role: string; right: string; oid: number }>(TENANT_COLUMNS, [
    tables,
    apiRoles,
  ]);
  for (const { role, right, oid } of columns) {
    const relation = targets.catalogue.relations.get(oid)!;
    const column = targets.tenantColumnOf(relation);
    if (column === null) continue;
    const sql = `grant ${right} (${ident(column)}) on ${relation.name} to ${ident(role)}`;
    mutants.push({
      kind: "grant the tenant's column",
      name: sql,
      sql,
      relations: around(oid),
      elsewhere: false,
    });
  }
  for (const sql of [FUNCTIONS, ROLES, SCHEMAS]) {
    const { rows } = await client.query<Pick<Mutant, "kind" | "name" | "sql" | "functions">>(sql, [
      targets.catalogue.functions.map(({ oid }) => oid),
      apiRoles,
    ]);
    mutants.push(...rows.map((row) => ({ ...row, relations: [], elsewhere: true })));
  }
  for (const sql of [GUARDS, ...((await hasSideDoors(client)) ? [SIDE_DOORS] : [])]) {
    const { rows } = await client.query<{ kind: string; name: string; sql: string }>(sql);
    mutants.push(...rows.map((row) => ({ ...row, relations: [], elsewhere: true })));
  }
  return [...(await functionMutants(client, targets)), ...mutants];
}

/** A relation with its partitions and every view of the exposed schemas. */
function aroundOf({ catalogue }: Targets) {
  const all = [...catalogue.relations.values()];
  const views = all
    .filter(({ kind }) => kind === "view" || kind === "materialised view")
    .map(({ name }) => name);
  return (oid: number): string[] => {
    const relation = catalogue.relations.get(oid);
    const parts = all
      .filter(({ parent, kind }) => parent === oid && kind === "table")
      .map(({ name }) => name);
    return [...(relation ? [relation.name] : []), ...parts, ...views];
  };
}

/** Policies that callers' statements meet; those of definer functions' owners bind nobody else. */
const POLICIES = `
with met as (
  select pol.*, quote_ident(polname) || ' on ' || polrelid::regclass as place,
    pg_get_expr(polqual, polrelid) as qual, pg_get_expr(polwithcheck, polrelid) as checked,
    (select pg_get_expr(wall.polqual, wall.polrelid) from pg_catalog.pg_policy as wall
     where wall.polrelid = pol.polrelid and not wall.polpermissive and wall.polqual is not null limit 1) as wall
  from pg_catalog.pg_policy as pol
  where polrelid = any($1::oid[])
    and (polroles = '{0}' or polroles && (select array_agg(oid) from pg_catalog.pg_roles where rolname = any($2)))
)
select 'drop policy' as kind, 'drop policy ' || place as name, 'drop policy ' || place as sql, polrelid::int4 as relation from met
union all
select 'widen to true', 'using (true): ' || place, 'alter policy ' || place || ' using (true)', polrelid::int4 from met where qual is not null and qual <> 'true'
union all
select 'drop the check', 'with check (true): ' || place, 'alter policy ' || place || ' with check (true)', polrelid::int4 from met where checked is not null and checked <> 'true'
union all
select 'widen to the tenant', 'using (the wall): ' || place, 'alter policy ' || place || ' using (' || wall || ')', polrelid::int4
from met where polpermissive and wall is not null and qual <> wall and not starts_with(wall, '(' || qual || ' AND ')
union all
select 'widen the check to the tenant', 'with check (the wall): ' || place, 'alter policy ' || place || ' with check (' || wall || ')', polrelid::int4
from met where polpermissive and wall is not null and checked <> wall and not starts_with(wall, '(' || checked || ' AND ')`;

/** Restrictive policies that say two things: each is left alone once. */
const WALLS = `
select 'half a wall' as kind, format('using (%s): %s', half, place) as name,
  format('alter policy %s using (%s)', place, half) as sql, polrelid::int4 as relation
from (
  select polrelid, quote_ident(polname) || ' on ' || polrelid::regclass as place,
    regexp_match(pg_get_expr(polqual, polrelid), '^\\(\\((.*)\\) AND \\((.*)\\)\\)$') as halves
  from pg_catalog.pg_policy
  where polrelid = any($1::oid[]) and not polpermissive
    and (polroles = '{0}' or polroles && (select array_agg(oid) from pg_catalog.pg_roles where rolname = any($2)))
) as wall cross join unnest(halves) as half`;

/** Tables that keep values of columns out of the planner's statistics. */
const STATISTICS = `
select 'let the planner know' as kind, 'statistics again of every column of ' || attrelid::regclass as name,
  format('alter table %s %s', attrelid::regclass,
    string_agg(format('alter column %I set statistics default', attname), ', ' order by attnum)) as sql,
  attrelid::int4 as relation
from pg_catalog.pg_attribute
where attrelid = any($1::oid[]) and attnum > 0 and not attisdropped and attstattarget = 0
  and exists (select from unnest($2::text[]) as role where has_column_privilege(role, attrelid, attnum, 'select'))
group by attrelid`;

/** Event triggers that refuse schema changes. */
const GUARDS = `
select 'let it define' as kind, sql as name, sql
from pg_catalog.pg_event_trigger
cross join lateral (select format('drop event trigger %I', evtname) as sql) as broken
where evtevent = 'ddl_command_start' and evtenabled <> 'D'`;

/** What was taken from everybody: one of each kind is given back. */
const SIDE_DOORS = `
select 'give back to everybody' as kind, sql as name, sql
from (select distinct on (kind, object) * from inspect.side_doors where not open order by kind, object, name) as door
cross join lateral (
  select format('grant %s on %s %s to public', case object when 'function' then 'execute' when 'view' then 'select' else 'usage' end,
    case object when 'view' then 'table' else object end, name) as sql
) as broken`;

async function hasSideDoors(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ has: boolean }>(
    "select to_regclass('inspect.side_doors') is not null as has",
  );
  return rows[0]!.has;
}

const TABLES = `
select kind, sql as name, sql, oid::int4 as relation
from pg_catalog.pg_class cross join lateral (values
  ('disable row security', format('alter table %s disable row level security', oid::regclass), relrowsecurity),
  ('no longer force row security', format('alter table %s no force row level security', oid::regclass), relforcerowsecurity)
) as broken (kind, sql, applies)
where oid = any($1::oid[]) and applies and cardinality($2::text[]) > 0`;

const PARTITIONS = `
select kind, sql as name, sql, inhparent::int4 as relation
from pg_catalog.pg_inherits
join pg_catalog.pg_class on pg_class.oid = inhrelid and relkind in ('r', 'p')
cross join lateral (
  select 'disable row security on a partition' as kind, format('alter table %s disable row level security', inhrelid::regclass) as sql, relrowsecurity as applies
  union all
  select 'grant a partition', format('grant select on %s to %I', inhrelid::regclass, role), not has_table_privilege(role, inhrelid, 'select')
  from unnest($2::text[]) as role
) as broken
where inhparent = any($1::oid[]) and applies`;

const VIEWS = `
select 'a view asks as its owner' as kind, sql as name, sql, pg_class.oid::int4 as relation
from pg_catalog.pg_class
cross join lateral (select format('alter view %s set (security_invoker = false)', pg_class.oid::regclass) as sql) as broken
where relkind = 'v' and reloptions @> '{security_invoker=true}' and cardinality($1::oid[]) > 0
  and exists (select from unnest($2::text[]) as role where has_any_column_privilege(role, pg_class.oid, 'select'))`;

/** Triggers that can refuse or record; one that only fills in a column guards nothing. */
const TRIGGERS = `
select 'drop a guard trigger' as kind, sql as name, sql, tgrelid::int4 as relation
from pg_catalog.pg_trigger
cross join lateral (select format('drop trigger %I on %s', tgname, tgrelid::regclass) as sql) as broken
join pg_catalog.pg_proc on pg_proc.oid = tgfoid
where tgrelid = any($1::oid[]) and not tgisinternal and cardinality($2::text[]) > 0
  and (prosecdef or prosrc ~* '\\m(raise|insert|update|delete|merge|perform)\\M')`;

const PRIVILEGES = `
select 'grant a privilege' as kind, sql as name, sql, pg_class.oid::int4 as relation
from pg_catalog.pg_class
cross join unnest($2::text[]) as role
cross join unnest('{select,insert,update,delete,truncate,references,trigger}'::text[]) as privilege
cross join lateral (select format('grant %s on %s to %I', privilege, pg_class.oid::regclass, role) as sql) as broken
where pg_class.oid = any($1::oid[]) and not has_table_privilege(role, pg_class.oid, privilege)`;

const TENANT_COLUMNS = `
select role, privilege as right, pg_class.oid::int4 as oid
from pg_catalog.pg_class cross join unnest($2::text[]) as role cross join unnest('{insert,update}'::text[]) as privilege
where pg_class.oid = any($1::oid[]) and not has_table_privilege(role, pg_class.oid, privilege)`;

const FUNCTIONS = `
select 'make a definer function executable' as kind, 'grant execute on function ' || pg_proc.oid::regprocedure || ' to ' || role as name,
  format('grant usage on schema %I to %I; grant execute on %s %s to %2$I',
    nspname, role, case prokind when 'p' then 'procedure' else 'function' end, pg_proc.oid::regprocedure) as sql,
  array[pg_proc.oid::int4] as functions
from pg_catalog.pg_proc join pg_catalog.pg_namespace on pg_namespace.oid = pronamespace
cross join unnest($2::text[]) as role
where pg_proc.oid = any($1::oid[]) and not has_function_privilege(role, pg_proc.oid, 'execute')`;

const ROLES = `
select 'a mightier role' as kind, sql as name, sql
from unnest($2::text[]) as role
cross join lateral (
  select format('alter role %I bypassrls', role) as sql
  union all
  select format('grant %I to %I', rolname, role) from pg_catalog.pg_roles
  where not rolsuper and rolname !~ '^pg_' and rolname <> role and cardinality($1::oid[]) >= 0
    and (rolbypassrls or exists (select from pg_catalog.pg_class where relowner = pg_roles.oid and relrowsecurity)
      or exists (select from pg_catalog.pg_proc where proowner = pg_roles.oid and prosecdef))
) as broken`;

const SCHEMAS = `
select 'let it create' as kind, sql as name, sql
from pg_catalog.pg_namespace cross join unnest($2::text[]) as role
cross join lateral (select format('grant create on schema %I to %I', nspname, role) as sql) as broken
where nspname !~ '^pg_' and nspname <> 'information_schema' and has_schema_privilege(role, pg_namespace.oid, 'usage')
  and not has_schema_privilege(role, pg_namespace.oid, 'create') and cardinality($1::oid[]) >= 0`;

const OPEN_SEAL = "context.open_seal(text)";
const TRANSACTION = "= extract(epoch from transaction_timestamp())::text";
const BACKEND = "= rpad(pg_backend_pid()::text, 10)";

/** What is taken out of our own functions: a text that stands in them, and what stands there instead. */
const SEAL: readonly (readonly [procedure: string, kind: string, was: string, becomes: string])[] = [
  [
    OPEN_SEAL,
    "the HMAC is not checked",
    "sha256(convert_to(context.mac(substr(value, 73), sealing.key), 'UTF8'))",
    "sha256(convert_to(substr(value, 9, 64), 'UTF8'))",
  ],
  [OPEN_SEAL, "the transaction is not checked", TRANSACTION, "is not null"],
  [OPEN_SEAL, "the backend is not checked", BACKEND, "is not null"],
  [
    OPEN_SEAL,
    "the expiry is not checked",
    ">= extract(epoch from clock_timestamp())::bigint::text",
    "is not null",
  ],
  [
    OPEN_SEAL,
    "neither transaction nor backend is checked",
    `${TRANSACTION}\n        and substr(value, 208, 10) ${BACKEND}`,
    "is not null",
  ],
];

/** The same, of functions that say what the caller may do. */
const PERMISSIONS: typeof SEAL = [
  [OPEN_SEAL, "the permission is not checked", "permission = any (context.permissions_in(opened))", "true"],
  [
    "context.tenant_requiring(text)",
    "the permission is not checked",
    "not permission = any (context.permissions_in(body))",
    "false",
  ],
  [
    "context.tenant_holding(text[])",
    "the permissions are not checked",
    "permissions <@ context.permissions_in(body)",
    "true",
  ],
  ["context.may(text)", "the permission is not checked", "IS NOT NULL", "IS NOT NULL OR true"],
  ["context.is_owner()", "everybody is an owner", "COALESCE(", "true OR COALESCE("],
  ["context.is_caller()", "nobody is a caller", "coalesce(", "false and coalesce("],
];

async function functionMutants(client: pg.ClientBase, targets: Targets): Promise<Mutant[]> {
  const owned = targets.owned.map(({ name }) => name);
  const broken = [
    ...SEAL.map((one) => ({ one, scope: { relations: [], elsewhere: true } })),
    ...PERMISSIONS.map((one) => ({ one, scope: { relations: owned, elsewhere: false } })),
  ];
  const mutants: Mutant[] = [];
  for (const { one, scope } of broken) {
    const [procedure, kind, was, becomes] = one;
    const { rows } = await client.query<{ source: string | null }>(
      "select pg_get_functiondef(to_regprocedure($1)) as source",
      [procedure],
    );
    const source = rows[0]?.source;
    if (!source?.includes(was)) continue;
    mutants.push({
      kind: "the seal and the permissions",
      name: `${procedure}: ${kind}`,
      sql: source.replace(was, () => becomes),
      ...scope,
    });
  }
  return mutants;
}
