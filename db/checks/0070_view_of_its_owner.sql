-- title: A view that asks as its owner
-- level: error
-- rationale: The tables below are read with the rights of the view's owner, so their policies judge the owner and not the caller.
--   Until PostgreSQL 15 views could not do otherwise, and "create view" still means it.
-- mend: Let it ask as its caller.
-- splinter: 0010, 0002
select 'view ' || class.oid::regclass as object,
    'reads with the rights of ' || relowner::regrole as detail,
    format('alter view %s set (security_invoker = true);', class.oid::regclass) as mend
from pg_class as class
where relnamespace::regnamespace::text = any(inspect.schemas()) and relkind = 'v'
    and not inspect.of_extension('pg_class', class.oid)
    and not exists (
        select from pg_options_to_table(reloptions)
        where option_name = 'security_invoker' and option_value::boolean
    )
