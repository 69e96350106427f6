-- All that decides who may do what, an entry each: policies, row security, grants, functions, views and triggers of our
-- schemas, with a digest of how each is now; and which migrations made it so. Partitions are left out: there is another every month.
set local role rowhouse_definer;
create or replace function context.access_state() returns table (object text, digest text)
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    with schemas as (
        select oid, nspname, nspowner, nspacl from pg_catalog.pg_namespace
        where nspname in ('app', 'auth', 'context', 'audit', 'inspect', 'jobs', 'tenancy')
    ),
    relations as (
        select relation.* from pg_catalog.pg_class as relation
        join schemas on schemas.oid = relnamespace
        where relkind in ('r', 'p', 'v', 'm', 'S') and not relispartition
    ),
    routines as (
        select routine.* from pg_catalog.pg_proc as routine
        join schemas on schemas.oid = pronamespace
        where prokind in ('f', 'p')
    ),
    -- Whoever holds privileges on what, in an order that no dump or restore changes.
    grants as (
        select name, string_agg(concat_ws(' ', place, coalesce(rolname, 'public'), privilege_type, is_grantable), ','
            order by place, rolname, privilege_type) as list
        from (
            select format('schema %I', nspname) as name, 0 as place, coalesce(nspacl, acldefault('n', nspowner)) as acl
            from schemas
            union all
            select oid::regclass::text, 0, coalesce(relacl, acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner))
            from relations
            union all
            select attrelid::regclass::text, attnum, attacl
            from pg_catalog.pg_attribute join relations on relations.oid = attrelid
            where attacl is not null and not attisdropped
            union all
            select 'function ' || oid::regprocedure, 0, coalesce(proacl, acldefault('f', proowner)) from routines
        ) as holding
        cross join aclexplode(acl) as entry
        left join pg_catalog.pg_roles as role on role.oid = entry.grantee
        group by name
    )
    select format('grants on %s', name), md5(list) from grants
    union all
    select format('policy "%s" on %s', polname, polrelid::regclass), md5(concat_ws('|',
        polcmd, polpermissive,
        (select string_agg(coalesce(rolname, 'public'), ',' order by rolname)
         from unnest(polroles) as id left join pg_catalog.pg_roles as role on role.oid = id),
        pg_catalog.pg_get_expr(polqual, polrelid), '|', pg_catalog.pg_get_expr(polwithcheck, polrelid)))
    from pg_catalog.pg_policy join relations on relations.oid = polrelid
    union all
    select format('row security of %s', oid::regclass), md5(concat_ws('|', relrowsecurity, relforcerowsecurity, pg_get_userbyid(relowner)))
    from relations where relkind in ('r', 'p')
    union all
    select format('view %s', oid::regclass), md5(concat_ws('|', pg_catalog.pg_get_viewdef(oid), reloptions, pg_get_userbyid(relowner)))
    from relations where relkind in ('v', 'm')
    union all
    select format('function %s', oid::regprocedure), md5(concat_ws('|', pg_catalog.pg_get_functiondef(oid), pg_get_userbyid(proowner)))
    from routines
    union all
    select format('trigger %I on %s', tgname, tgrelid::regclass), md5(concat_ws('|', pg_catalog.pg_get_triggerdef(pg_trigger.oid), tgenabled))
    from pg_catalog.pg_trigger join relations on relations.oid = tgrelid
    where not tgisinternal
    union all
    -- What was remembered after other migrations than these is out of date, not damaged.
    select 'migrations', md5(
        coalesce((select string_agg(hash, ',' order by filename) from graphile_migrate.migrations), '')
        || coalesce((select string_agg(content, '' order by filename) from graphile_migrate.current), '')
        || coalesce((select string_agg(hash, ',' order by number) from tenancy.migrations), '')
    )
$$;
comment on function context.access_state() is
    'All that decides who may do what in this database, an entry each with a digest of how it is now.';
reset role;
