-- title: An extension in the schema public
-- level: warning
-- rationale: Its functions are then in most search paths, under names that others can shadow or that shadow others, and executable
--   by everybody (CVE-2018-1058 is about what else can be put there).
-- mend: Move it to a schema of its own.
-- splinter: 0014
select 'extension ' || quote_ident(extname) as object,
    'is in the schema public' as detail,
    case when extrelocatable then format('create schema if not exists extensions; alter extension %I set schema extensions;', extname)
        else '-- It cannot be moved: make it again in a schema of its own, with what depends on it.' end as mend
from pg_extension
where extnamespace = to_regnamespace('public')::oid and extname <> 'plpgsql'
