create or replace function inspect.checked_functions()
    returns table (id oid, name text, schema text, owner oid, exposed boolean, definer boolean, path text, bound boolean)
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    with homes as materialized (
        select pg_namespace.oid, nspname from pg_catalog.pg_namespace where nspname = any(inspect.schemas())
    )
    select
        proc.oid, proc.oid::regprocedure::text, namespace.nspname::text, proc.proowner,
        namespace.nspname = any((select inspect.exposed_schemas())::text[]), proc.prosecdef,
        (select substr(setting, 13) from unnest(proc.proconfig) as setting where setting like 'search\_path=%'),
        proc.prosqlbody is not null
    from pg_catalog.pg_proc as proc
    join homes as namespace on namespace.oid = proc.pronamespace
    where proc.prokind in ('f', 'p')
        and not exists (
            select from pg_catalog.pg_depend where classid = 'pg_catalog.pg_proc'::regclass and objid = proc.oid and deptype = 'e'
        )
$$;
comment on function inspect.checked_functions() is
    'Functions and procedures of the configured schemas: whose rights they run with and which search path they pin.';

-- One row for each privilege that somebody other than the owner holds. grantee is '' for a grant to everybody.
create or replace function inspect.checked_grants()
    returns table (
        id oid, name text, kind "char", partition boolean, owner oid, column_name text,
        grantee_id oid, grantee text, privilege text
    )
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    with homes as materialized (
        select pg_namespace.oid from pg_catalog.pg_namespace where nspname = any(inspect.schemas())
    ),
    relations as (
        select class.*
        from pg_catalog.pg_class as class
        join homes on homes.oid = class.relnamespace
        where class.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
            and not exists (
                select from pg_catalog.pg_depend where classid = 'pg_catalog.pg_class'::regclass and objid = class.oid and deptype = 'e'
            )
    )
    select
        relations.oid, relations.oid::regclass::text, relations.relkind, relations.relispartition, relations.relowner, null::text,
        item.grantee, case when item.grantee = 0 then 'public' else item.grantee::regrole::text end, item.privilege_type
    from relations
    cross join aclexplode(relations.relacl) as item
    where item.grantee <> relations.relowner
    union all
    select
        relations.oid, relations.oid::regclass::text, relations.relkind, relations.relispartition, relations.relowner,
        attribute.attname::text, item.grantee,
        case when item.grantee = 0 then 'public' else item.grantee::regrole::text end, item.privilege_type
    from relations
    join pg_catalog.pg_attribute as attribute on attribute.attrelid = relations.oid and not attribute.attisdropped
    cross join aclexplode(attribute.attacl) as item
    where item.grantee <> relations.relowner
$$;
comment on function inspect.checked_grants() is
    'Every privilege on a relation of the configured schemas, or on a column of one, that is not its owner''s.';

-- Takes a privilege on some columns away and leaves it on all the others that the role may use it on now.
create or replace function inspect.narrow_grant(relation oid, role oid, privilege text, without text[]) returns text
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select format('revoke %s on %s from %s;', privilege, relation::regclass, who.name)
        || coalesce(
            format(' grant %s (', privilege)
                || string_agg(quote_ident(attname), ', ' order by attnum) filter (where attname <> all(without))
                || format(') on %s to %s;', relation::regclass, who.name),
            '')
    from (select case when role = 0 then 'public' else role::regrole::text end as name) as who
    left join pg_catalog.pg_attribute on attrelid = relation and attnum > 0 and not attisdropped
        and case when role = 0
            then exists (
                select from pg_catalog.pg_class, aclexplode(relacl) as item
                where pg_class.oid = relation and item.grantee = 0 and item.privilege_type = upper(privilege)
            ) or exists (
                select from aclexplode(attacl) as item where item.grantee = 0 and item.privilege_type = upper(privilege)
            )
            else pg_catalog.has_column_privilege(role, relation, attnum, privilege)
        end
    group by who.name
$$;
comment on function inspect.narrow_grant(oid, oid, text, text[]) is
    'SQL that takes a privilege away on the named columns and keeps it on the rest.';
