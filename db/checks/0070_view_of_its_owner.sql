-- title: A view that asks as its owner
-- level: error
-- rationale: The tables below are read with the rights of the view's owner, so their policies judge the owner and not the caller.
--   Until PostgreSQL 15 views could not do otherwise, and "create view" still means it.
-- mend: Let it ask as its caller. A view that only its owner may read, or that reads no table, is not counted.
-- splinter: 0010, 0002
select 'view ' || class.oid::regclass as object,
    'reads with the rights of ' || relowner::regrole as detail,
    format('alter view %s set (security_invoker = true);', class.oid::regclass) as mend
from pg_class as class
join pg_namespace on pg_namespace.oid = relnamespace and nspname = any((select inspect.schemas())::text[])
where relkind = 'v'
    and not inspect.of_extension('pg_class', class.oid)
    and not exists (
        select from pg_options_to_table(reloptions)
        where option_name = 'security_invoker' and option_value::boolean
    )
    -- Somebody else may read or write it, and it reads something of this database's own.
    and exists (
        select from aclexplode(relacl) where grantee <> relowner
        union all
        select from pg_attribute cross join aclexplode(attacl) where attrelid = class.oid and grantee <> relowner
    )
    and exists (
        select from pg_rewrite
        join pg_depend on classid = 'pg_rewrite'::regclass and objid = pg_rewrite.oid and refobjid <> class.oid
        left join pg_class as below on refclassid = 'pg_class'::regclass and below.oid = refobjid
        left join pg_proc on refclassid = 'pg_proc'::regclass and pg_proc.oid = refobjid
        where ev_class = class.oid
            and coalesce(below.relnamespace, pronamespace) not in ('pg_catalog'::regnamespace, to_regnamespace('information_schema'))
    )
