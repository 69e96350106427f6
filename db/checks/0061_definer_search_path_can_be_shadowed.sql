-- title: A SECURITY DEFINER function whose search path has a writable schema
-- level: error
-- rationale: A pinned path protects only if nobody else can create anything in it. pg_temp is searched first for tables unless the
--   path names it last, and everybody can create temporary tables who holds TEMP.
-- mend: Pin an empty search path, and qualify every name in the body.
select 'function ' || name as object,
    format('its search path is %s', path) as detail,
    format('alter routine %s set search_path = '''';', name) as mend
from inspect.checked_functions() as checked
cross join lateral inspect.names_in(path) as parts
where definer and path not in ('', '""')
    and (
        parts[array_upper(parts, 1)] <> 'pg_temp'
        or exists (
            select from unnest(parts) as part
            left join pg_namespace on nspname = part
            where part like '%$user%' or exists (
                select from aclexplode(nspacl) as item
                where item.privilege_type = 'CREATE' and item.grantee not in (nspowner, checked.owner)
            )
        )
    )
