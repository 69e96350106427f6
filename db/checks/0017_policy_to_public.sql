-- title: A permissive policy for everybody
-- level: warning
-- rationale: Without "to" a policy speaks to every role there is or will be: a reporting role added next year reads what the
--   policy lets the application read, as soon as it is granted anything.
-- mend: Name the roles.
select label as object,
    'is for every role' as detail,
    coalesce(
        format('alter policy %I on %s to ', name, on_table)
            || (select string_agg(role::regrole::text, ', ') from unnest((select inspect.api_role_ids())) as role) || ';',
        '-- Name the roles that it is for.') as mend
from inspect.checked_policies()
where permissive and roles = '{0}'
