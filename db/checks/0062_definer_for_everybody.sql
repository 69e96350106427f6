-- title: A SECURITY DEFINER function that everybody may call
-- level: error
-- rationale: Functions are executable by everybody unless that is revoked, so each new one is a door through row security for
--   every role, until somebody remembers.
-- mend: Revoke, and grant to the roles that are meant.
-- splinter: 0028
select 'function ' || name as object,
    'is SECURITY DEFINER and executable by everybody' as detail,
    format('revoke execute on routine %s from public;', name) as mend
from inspect.checked_functions() as checked
join pg_proc on pg_proc.oid = checked.id
where definer and exists (select from aclexplode(coalesce(proacl, acldefault('f', proowner))) where grantee = 0)
