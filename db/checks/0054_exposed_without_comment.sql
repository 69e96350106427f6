-- title: Something exposed without a word about it
-- level: info
-- rationale: Comments become the documentation of a generated API, and say to a reviewer what a table or call is for.
-- mend: Comment on it.
select case when relkind in ('r', 'p') then 'table ' else 'view ' end || class.oid::regclass as object,
    'has no comment' as detail,
    format('comment on %s %s is %L;', case relkind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table' else 'table' end,
        class.oid::regclass, 'What it is: …') as mend
from pg_class as class
join pg_namespace on pg_namespace.oid = relnamespace and nspname = any((select inspect.exposed_schemas())::text[])
where relkind in ('r', 'p', 'v', 'm', 'f') and not relispartition
    and not inspect.of_extension('pg_class', class.oid)
    and obj_description(class.oid, 'pg_class') is null
union all
select 'function ' || name, 'has no comment', format('comment on routine %s is %L;', name, 'What it does: …')
from inspect.checked_functions()
where exposed and obj_description(id, 'pg_proc') is null
    and not exists (select from pg_proc where oid = id and prorettype in ('trigger'::regtype, 'event_trigger'::regtype))
