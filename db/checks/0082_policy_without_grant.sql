-- title: A policy for what nobody is granted
-- level: info
-- rationale: It looks like an entitlement in an access review and is none, until a grant for something else completes it.
-- mend: Drop it, or grant what it speaks of.
select label as object,
    format('none of its roles holds %s on %s', case command when 'ALL' then 'any privilege' else lower(command) end, on_table) as detail,
    format('drop policy %I on %s;', name, on_table) as mend
from inspect.checked_policies() as policy
where permissive and roles <> '{0}'
    and exists (select from unnest(roles) as role join pg_roles on pg_roles.oid = role)
    and not exists (
        select from unnest(roles) as role
        join pg_roles on pg_roles.oid = role
        cross join unnest(case command when 'ALL' then array['select', 'insert', 'update', 'delete'] else array[lower(command)] end) as wanted
        where case wanted when 'delete' then has_table_privilege(role, relation, wanted) else has_any_column_privilege(role, relation, wanted) end
    )
