import type pg from "pg";

/** What the desk should look at; what is left out is ours in our database, and guessed in another. */
export interface InspectSettings {
  readonly schemas?: readonly string[];
  /** The schemas that callers reach. */
  readonly exposedSchemas?: readonly string[];
  readonly tenantColumn?: string;
  /** The roles that callers' statements run as. */
  readonly apiRoles?: readonly string[];
  /** The schema of the functions that tell policies who is calling. */
  readonly contextSchema?: string;
}

/**
 * What a database that is not ours probably calls things: every schema that is nobody's extension, the
 * column that most of its tables share among the usual names for a tenant, the roles that hold grants on
 * tables they do not own, and the schema whose functions its policies call most.
 */
export async function guessSettings(client: pg.ClientBase): Promise<Required<InspectSettings>> {
  const { rows } = await client.query<Required<InspectSettings>>(GUESS);
  return rows[0]!;
}

const GUESS = `
  with schemas as (
    select oid, nspname from pg_catalog.pg_namespace
    where nspname !~ '^pg_' and nspname not in ('information_schema', 'inspect')
      and not exists (
        select from pg_catalog.pg_depend
        where classid = 'pg_catalog.pg_namespace'::regclass and objid = pg_namespace.oid and deptype = 'e'
      )
      and (
        exists (select from pg_catalog.pg_class where relnamespace = pg_namespace.oid)
        or exists (select from pg_catalog.pg_proc where pronamespace = pg_namespace.oid)
      )
  ),
  tables as (
    select relation.oid, relnamespace, relowner, relacl from pg_catalog.pg_class as relation
    join schemas on schemas.oid = relnamespace
    where relkind in ('r', 'p') and not relispartition
  ),
  grantees as (
    select grantee, relnamespace from tables cross join aclexplode(relacl) where grantee not in (0, relowner)
    union
    select grantee, relnamespace from tables
    join pg_catalog.pg_attribute on attrelid = tables.oid cross join aclexplode(attacl)
    where grantee not in (0, relowner)
  ),
  callers as (
    select rolname, relnamespace from grantees join pg_catalog.pg_roles on pg_roles.oid = grantee
    where not rolsuper and not rolbypassrls and rolname !~ '^pg_'
  )
  select
    array(select nspname::text from schemas order by 1) as schemas,
    coalesce(
      nullif(array(select distinct nspname::text from callers join schemas on oid = relnamespace order by 1), '{}'),
      array(select nspname::text from schemas order by 1)
    ) as "exposedSchemas",
    coalesce((
      select attname::text from pg_catalog.pg_attribute join tables on tables.oid = attrelid
      where not attisdropped and attname ~ '^(tenant|org|organi[sz]ation|account|workspace|company|team|customer)_?(id|uuid)$'
      group by attname order by count(*) desc, attname limit 1
    ), 'tenant_id') as "tenantColumn",
    coalesce(nullif(array(select distinct rolname::text from callers order by 1), '{}'), '{public}') as "apiRoles",
    coalesce((
      select nspname::text from pg_catalog.pg_policy
      join pg_catalog.pg_depend on classid = 'pg_catalog.pg_policy'::regclass and objid = pg_policy.oid
        and refclassid = 'pg_catalog.pg_proc'::regclass
      join pg_catalog.pg_proc on pg_proc.oid = refobjid
      join schemas on schemas.oid = pronamespace
      group by nspname order by count(*) desc, nspname limit 1
    ), 'public') as "contextSchema"`;
