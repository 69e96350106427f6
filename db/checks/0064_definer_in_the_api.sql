-- title: A SECURITY DEFINER function that requests may call
-- level: info
-- rationale: In an exposed schema it is part of the API and answers with its owner's rights, past the caller's policies. Each wants
--   a reviewer's eye: does it check the caller itself?
-- mend: Take it out of the caller's reach, or let it run with the caller's rights.
-- splinter: 0028, 0029
select 'function ' || name as object,
    'runs as ' || owner::regrole || ' for ' || string_agg(role::regrole::text, ', ') as detail,
    format('revoke execute on routine %s from %s;', name, string_agg(role::regrole::text, ', ')) as mend
from inspect.checked_functions() as checked
join pg_proc on pg_proc.oid = checked.id
cross join unnest((select inspect.api_role_ids())) as role
where exposed and definer
    and exists (select from aclexplode(proacl) where grantee = role)
group by name, checked.owner
