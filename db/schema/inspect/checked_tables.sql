-- What the checks in db/checks look at, prepared once: tables, policies, functions and grants of the configured
-- schemas, without what belongs to extensions. Names come qualified, because the search path here is empty.

create or replace function inspect.api_role_ids() returns oid[]
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select coalesce(array_agg(oid), '{}') from pg_catalog.pg_roles where rolname = any(inspect.api_roles()::text[])
$$;
comment on function inspect.api_role_ids() is
    'The roles that requests run as, by number; configured names that do not exist are left out.';

create or replace function inspect.of_extension(class regclass, object oid) returns boolean
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select exists (
        select from pg_catalog.pg_depend
        where classid = class and objid = object and deptype = 'e'
    )
$$;
comment on function inspect.of_extension(regclass, oid) is
    'Whether an object came with an extension: then its shape is not ours to judge.';

-- exposed: in a schema that the API shows, or reachable by a grant to a role that requests run as.
-- tenant:  the number of the tenant column, null if the table has none.
create or replace function inspect.checked_tables()
    returns table (
        id oid, name text, schema text, owner oid, partition boolean, exposed boolean, tenant smallint,
        secured boolean, forced boolean, comment text
    )
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select
        class.oid, class.oid::regclass::text, namespace.nspname::text, class.relowner, class.relispartition,
        namespace.nspname = any(inspect.exposed_schemas()::text[]) or exists (
            select from unnest(inspect.api_role_ids()) as role
            where pg_catalog.has_any_column_privilege(role, class.oid, 'select, insert, update')
                or pg_catalog.has_table_privilege(role, class.oid, 'delete')
        ),
        tenant.attnum, class.relrowsecurity, class.relforcerowsecurity, pg_catalog.obj_description(class.oid, 'pg_class')
    from pg_catalog.pg_class as class
    join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
    left join pg_catalog.pg_attribute as tenant
        on tenant.attrelid = class.oid and tenant.attname = inspect.tenant_column() and not tenant.attisdropped
    where namespace.nspname = any(inspect.schemas()::text[])
        and class.relkind in ('r', 'p')
        and not inspect.of_extension('pg_catalog.pg_class', class.oid)
$$;
comment on function inspect.checked_tables() is
    'Tables and partitions of the configured schemas, and what the checks want to know of each.';

-- The predicate that keeps a table's rows in their tenant, as SQL; through the context's own function, if there is one.
create or replace function inspect.tenant_predicate(relation oid) returns text
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select case
        -- Looked up in the catalogue, because a name wants USAGE on its schema.
        when exists (
            select from pg_catalog.pg_proc
            join pg_catalog.pg_namespace on pg_namespace.oid = pronamespace
            where nspname = inspect.context_schema() and proname = 'tenant_id' and pronargs = 0
        )
            then format('%I = (select %I.tenant_id())', attname, inspect.context_schema())
        else format(
            '%I = (select nullif(pg_catalog.current_setting(%L, true), %L)::%s)',
            attname, inspect.context_schema() || '.tenant_id', '', pg_catalog.format_type(atttypid, atttypmod)
        )
    end
    from pg_catalog.pg_attribute
    where attrelid = relation and attname = inspect.tenant_column() and not attisdropped
$$;
comment on function inspect.tenant_predicate(oid) is
    'The predicate that keeps the rows of a table in their tenant, as SQL for the mending of a policy.';
