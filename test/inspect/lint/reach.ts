import type pg from "pg";
import type { Finding } from "../../../src/inspect/lint/lint.ts";
import { compareConditions } from "../../../src/inspect/policies/conditions.ts";
import { diffSnapshots } from "../../../src/inspect/policies/diff.ts";
import { type PolicySnapshot, takeSnapshot } from "../../../src/inspect/policies/snapshot.ts";

/** Who may do what: the predicate before each command of each role, every privilege, and what else decides. */
export interface Reach {
  /** What row security says, policies taken together, by table, role, command and side. */
  readonly predicates: ReadonlyMap<string, string>;
  /** Every privilege that a role has on anything. */
  readonly privileges: ReadonlySet<string>;
  /** What there is to have a privilege on. */
  readonly objects: ReadonlySet<string>;
  /** Owners, views, functions, roles, switches. */
  readonly snapshot: PolicySnapshot;
}

const PREDICATES = `
  select format('%s %s %s %s', role_name, command, table_name, side) as place, predicate
  from inspect.policies
  cross join lateral (values ('using', using_expression), ('check', check_expression), ('reading', reading_expression)) as sides (side, predicate)
  where predicate is not null and starts_with(role_name, $1)`;

const OBJECTS = `
  select pg_class.oid::regclass || coalesce('.' || quote_ident(attname), '') as object
  from pg_class join pg_namespace on pg_namespace.oid = relnamespace and nspname = any (inspect.schemas())
  cross join lateral (
    select attname from pg_attribute where attrelid = pg_class.oid and attnum > 0 and not attisdropped union all select null
  ) as part`;

/** Asked of PostgreSQL itself, so that ownership, memberships and grants to everybody count. */
const PRIVILEGES = `
  with roles as (select oid, rolname from pg_roles where not rolsuper and starts_with(rolname, $1)),
  schemas as (select oid, nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'),
  relations as (select pg_class.oid, relkind, relname, schemas.oid as schema from pg_class join schemas on schemas.oid = relnamespace where nspname = any (inspect.schemas()))
  select format('%s: %s on %s', rolname, privilege, object) as line, object
  from (
    select rolname, privilege, relations.oid::regclass || '.' || quote_ident(attname) as object
    from roles cross join relations cross join unnest(array['select', 'insert', 'update', 'references']) as privilege
    join pg_attribute on attrelid = relations.oid and attnum > 0 and not attisdropped
    where relkind in ('r', 'p', 'v', 'm', 'f') and has_schema_privilege(roles.oid, schema, 'usage') and has_column_privilege(roles.oid, relations.oid, attnum, privilege)
    union all
    select rolname, privilege, relations.oid::regclass::text
    from roles cross join relations cross join unnest(array['delete', 'truncate', 'trigger']) as privilege
    where relkind in ('r', 'p', 'v', 'm', 'f') and has_schema_privilege(roles.oid, schema, 'usage') and has_table_privilege(roles.oid, relations.oid, privilege)
    union all
    select rolname, privilege, relations.oid::regclass::text
    from roles cross join relations cross join unnest(array['usage', 'select', 'update']) as privilege
    where relkind = 'S' and has_sequence_privilege(roles.oid, relations.oid, privilege)
    union all
    select rolname, 'execute', pg_proc.oid::regprocedure::text
    from roles cross join pg_proc join schemas on schemas.oid = pronamespace
    where nspname = any (inspect.schemas()) and has_function_privilege(roles.oid, pg_proc.oid, 'execute')
    union all
    select rolname, privilege, nspname from roles cross join schemas cross join unnest(array['usage', 'create']) as privilege
    where nspname = any (inspect.schemas()) and has_schema_privilege(roles.oid, schemas.oid, privilege)
    union all
    select rolname, privilege, current_database()
    from roles cross join unnest(array['create', 'temporary']) as privilege
    where has_database_privilege(roles.oid, current_database(), privilege)
    union all
    select roles.rolname, 'role', member.rolname from roles join pg_roles as member on pg_has_role(roles.oid, member.oid, 'member')
    union all
    select rolname, attribute, 'the cluster'
    from pg_roles cross join lateral unnest(array[
      case when rolsuper then 'superuser' end, case when rolbypassrls then 'bypassrls' end, case when rolcreaterole then 'createrole' end,
      case when rolcreatedb then 'createdb' end, case when rolreplication then 'replication' end, case when rolcanlogin then 'login' end
    ]) as attribute
    where attribute is not null
    union all
    select coalesce(rolname, 'public'), lower(privilege_type), 'large object ' || object.oid
    from pg_largeobject_metadata as object cross join aclexplode(lomacl) left join pg_roles on pg_roles.oid = grantee
    union all
    select coalesce(rolname, 'public'), lower(privilege_type), 'what will be made ' || pg_default_acl.oid
    from pg_default_acl cross join aclexplode(defaclacl) left join pg_roles on pg_roles.oid = grantee where grantee <> defaclrole
    union all
    select 'subscribers', 'copy', pubname || ' ' || schemaname || '.' || tablename from pg_publication_tables
  ) as every (rolname, privilege, object)`;

/** @param roles what the names of the roles begin with that are looked at */
export async function reach(client: pg.ClientBase, roles: string): Promise<Reach> {
  const privileges = await client.query<{ line: string; object: string }>(PRIVILEGES, [roles]);
  const predicates = await client.query<{ place: string; predicate: string }>(PREDICATES, [roles]);
  const objects = await client.query<{ object: string }>(OBJECTS);
  return {
    predicates: new Map(predicates.rows.map(({ place, predicate }) => [place, predicate])),
    privileges: new Set(privileges.rows.map(({ line }) => line)),
    objects: new Set([...privileges.rows, ...objects.rows].map(({ object }) => object)),
    snapshot: await takeSnapshot(client),
  };
}

/** What somebody may do after and could not do before; what was made in between is nobody's loss. */
export const widened = (before: Reach, after: Reach): string[] => [
  ...[...after.predicates]
    .filter(
      ([place, now]) =>
        !["same", "tighter"].includes(compareConditions(before.predicates.get(place) ?? "false", now)),
    )
    .map(([place, now]) => `${place}: ${before.predicates.get(place)} became ${now}`),
  ...[...after.privileges].filter(
    (line) => !before.privileges.has(line) && before.objects.has(line.replace(/^.*? on /, "")),
  ),
  // Policies and roles are compared above, taken together; what a superuser comes to own nobody else does.
  ...diffSnapshots(before.snapshot, after.snapshot)
    .filter(({ direction }) => direction === "widening")
    .filter(({ object, what }) => !/^(policy "|role )/.test(object) && !/(is|to) postgres(,|$)/.test(what))
    .map(({ object, what, reason }) => `${object}: ${what} (${reason})`),
];

/** Whether a finding's mend is SQL to run; else it is a comment that says what a person has to decide. */
export const isMended = ({ mend }: Finding): boolean => !mend.startsWith("--");
