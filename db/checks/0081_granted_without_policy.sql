-- title: A grant that no policy serves
-- level: warning
-- rationale: The command is allowed and finds nothing, without an error; and the day that somebody writes a wide policy for another
--   purpose, the grant is already there.
-- mend: Revoke it, or write the policy.
select format('%s on %s for %s', lower(held.privilege), held.name, held.grantee) as object,
    'is granted, but no permissive policy lets a row through' as detail,
    format('revoke %s on %s from %s;', lower(held.privilege), held.name, held.grantee) as mend
from (
    select distinct id, name, grantee_id, grantee, privilege from inspect.checked_grants()
    where kind in ('r', 'p') and not partition and privilege in ('SELECT', 'INSERT', 'UPDATE', 'DELETE') and grantee_id <> 0
) as held
join pg_roles on pg_roles.oid = grantee_id and not rolbypassrls and not rolsuper
join inspect.checked_tables() as checked on checked.id = held.id and secured
where exists (select from pg_policy where polrelid = held.id and polpermissive)
    and not exists (
        select from pg_policy
        where polrelid = held.id and polpermissive
            and polcmd in ('*', case privilege when 'SELECT' then 'r' when 'INSERT' then 'a' when 'UPDATE' then 'w' else 'd' end::"char")
            and exists (select from unnest(polroles) as role where role = 0 or pg_has_role(grantee_id, role, 'usage'))
    )
