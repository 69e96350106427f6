-- title: A function that everybody may call
-- level: warning
-- rationale: Every role there is or will be can call it, and a generated API offers it to callers who are not signed in.
-- mend: Revoke, and grant to the roles that are meant.
select 'function ' || name as object,
    'is executable by everybody' as detail,
    format('revoke execute on routine %s from public;', name) as mend
from inspect.checked_functions() as checked
join pg_proc on pg_proc.oid = checked.id
where not definer and exists (select from aclexplode(coalesce(proacl, acldefault('f', proowner))) where grantee = 0)
