-- What the checks in db/checks look at, prepared once: tables, policies, functions and grants of the configured
-- schemas, without what belongs to extensions. Names come qualified, because the search path here is empty.

create or replace function inspect.api_role_ids() returns oid[]
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select coalesce(array_agg(oid), '{}') from pg_catalog.pg_roles where rolname = any((select inspect.api_roles())::text[])
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
-- reached: somebody whom row security could hold may read or write it: by a grant, or as an owner that anybody can be.
-- bound:   row security holds its owner once it is forced; superusers and holders of BYPASSRLS it never holds.
-- tenant:  the number of the tenant column, null if the table has none.
-- closing: SQL that enables row security, and forces it where that holds the owner.
create or replace function inspect.checked_tables()
    returns table (
        id oid, name text, schema text, owner oid, partition boolean, exposed boolean, reached boolean,
        bound boolean, tenant smallint, secured boolean, forced boolean, comment text, closing text
    )
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    with homes as materialized (
        select pg_namespace.oid, nspname, nspname = any(inspect.exposed_schemas()) as exposed
        from pg_catalog.pg_namespace where nspname = any(inspect.schemas())
    ),
    -- Whom row security could hold; an owner counts as somebody only if anybody can be it.
    people as materialized (
        select
            role.oid,
            role.rolcanlogin or exists (select from pg_catalog.pg_auth_members where roleid = role.oid)
                or exists (select from pg_catalog.pg_proc where proowner = role.oid and prosecdef) as somebody
        from pg_catalog.pg_roles as role
        where not role.rolsuper and role.rolname !~ '^pg_'
    )
    select
        class.oid, class.oid::regclass::text, home.nspname::text, class.relowner, class.relispartition,
        home.exposed or exists (
            select from unnest((select inspect.api_role_ids())) as role
            where pg_catalog.has_any_column_privilege(role, class.oid, 'select, insert, update')
                or pg_catalog.has_table_privilege(role, class.oid, 'delete')
        ),
        exists (
            select from people
            where (people.somebody or people.oid <> class.relowner)
                and pg_catalog.has_schema_privilege(people.oid, home.oid, 'usage')
                and (
                    pg_catalog.has_any_column_privilege(people.oid, class.oid, 'select, insert, update')
                    or pg_catalog.has_table_privilege(people.oid, class.oid, 'delete, truncate')
                )
        ),
        not owner.rolsuper and not owner.rolbypassrls,
        tenant.attnum, class.relrowsecurity, class.relforcerowsecurity, pg_catalog.obj_description(class.oid, 'pg_class'),
        format('alter table %s enable row level security;', class.oid::regclass)
            || case when owner.rolsuper or owner.rolbypassrls then '' else format(' alter table %s force row level security;', class.oid::regclass) end
    from pg_catalog.pg_class as class
    join pg_catalog.pg_roles as owner on owner.oid = class.relowner
    join homes as home on home.oid = class.relnamespace
    left join pg_catalog.pg_attribute as tenant
        on tenant.attrelid = class.oid and tenant.attname = (select inspect.tenant_column()) and not tenant.attisdropped
    where class.relkind in ('r', 'p')
        and not exists (
            select from pg_catalog.pg_depend where classid = 'pg_catalog.pg_class'::regclass and objid = class.oid and deptype = 'e'
        )
$$;
comment on function inspect.checked_tables() is
    'Tables and partitions of the configured schemas, and what the checks want to know of each.';

-- What the tenant column is compared with: the context's own function, if there is one of that type; else what most of
-- the policies that are there compare it with. Null where neither tells.
create or replace function inspect.caller_tenant(type oid) returns text
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    -- Looked up in the catalogue, because a name wants USAGE on its schema.
    select coalesce(
        (
            select format('(select %I.tenant_id())', nspname)
            from pg_catalog.pg_proc
            join pg_catalog.pg_namespace on pg_namespace.oid = pronamespace
            where nspname = (select inspect.context_schema()) and proname = 'tenant_id' and pronargs = 0 and prorettype = type
        ),
        (
            select said
            from pg_catalog.pg_policy
            join pg_catalog.pg_class on pg_class.oid = polrelid
            join pg_catalog.pg_namespace on pg_namespace.oid = relnamespace and nspname = any((select inspect.schemas())::text[])
            join pg_catalog.pg_attribute
                on attrelid = polrelid and attname = (select inspect.tenant_column()) and not attisdropped and atttypid = type
            cross join unnest(array[pg_catalog.pg_get_expr(polqual, polrelid), pg_catalog.pg_get_expr(polwithcheck, polrelid)]) as predicate
            cross join inspect.leaves(predicate) as leaf
            cross join lateral (
                select case
                    when starts_with(leaf.condition, quote_ident(attname) || ' = ') then substr(leaf.condition, length(quote_ident(attname)) + 4)
                    when right(leaf.condition, length(quote_ident(attname)) + 3) = ' = ' || quote_ident(attname) then left(leaf.condition, -length(quote_ident(attname)) - 3)
                end as said
            ) as side
            where said is not null
                and exists (select from inspect.tokens(said) where kind = 'call' and token <> 'ANY')
                and not inspect.names(said) @> '{FROM}'
                and not inspect.mentions_row(said, polrelid)
            group by 1
            order by count(*) desc, 1
            limit 1
        )
    )
$$;
comment on function inspect.caller_tenant(oid) is
    'SQL that tells the caller''s tenant, as the policies of this database say it; null where nothing tells.';

-- The condition that keeps a table's rows in their tenant, as SQL.
create or replace function inspect.tenant_predicate(relation oid) returns text
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select format('%I = %s', attname, inspect.caller_tenant(atttypid))
    from pg_catalog.pg_attribute
    where attrelid = relation and attname = (select inspect.tenant_column()) and not attisdropped
        and inspect.caller_tenant(atttypid) is not null
$$;
comment on function inspect.tenant_predicate(oid) is
    'The condition that keeps the rows of a table in their tenant, as SQL for the mending of a policy; null where nothing tells who is calling.';

-- The same for the wall, which compares the tenant twice: PostgreSQL then compares the two answers before it reads a row.
create or replace function inspect.wall_predicate(relation oid) returns text
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select predicate || ' and ' || case
        when exists (
            select from pg_catalog.pg_proc
            join pg_catalog.pg_namespace on pg_namespace.oid = pronamespace
            where nspname = (select inspect.context_schema()) and proname = 'unverified_tenant_id' and pronargs = 0
        )
            then format('%I = (select %I.unverified_tenant_id())', inspect.tenant_column(), inspect.context_schema())
        else predicate
    end
    from inspect.tenant_predicate(relation) as predicate
$$;
comment on function inspect.wall_predicate(oid) is
    'The condition of the wall, as SQL: the tenant compared twice, so that no condition of a caller''s comes first.';
