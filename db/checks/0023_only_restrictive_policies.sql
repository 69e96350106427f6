-- title: Restrictive policies with nothing to restrict
-- level: warning
-- rationale: Restrictive policies take away from what permissive ones give; alone they permit nothing, and every query comes
--   back empty without an error.
-- mend: Write the permissive policy, here the tenant's own rows.
select name as object,
    'has only restrictive policies: nobody sees a row' as detail,
    format('create policy %I on %s as permissive for select to %s using (%s);', 'members read the rows of their tenant', name,
        coalesce((select string_agg(role::regrole::text, ', ') from unnest(inspect.api_role_ids()) as role), 'public'),
        coalesce(inspect.tenant_predicate(id), 'false')) || format(' comment on policy %I on %s is %L;', 'members read the rows of their tenant', name, 'Why: …') as mend
from inspect.checked_tables() as checked
where secured
    and exists (select from pg_policy where polrelid = checked.id)
    and not exists (select from pg_policy where polrelid = checked.id and polpermissive)
