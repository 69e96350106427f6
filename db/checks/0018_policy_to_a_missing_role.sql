-- title: A policy for a role that does not exist
-- level: error
-- rationale: PostgreSQL prevents it, but a catalogue restored or edited by hand can hold the number of a dropped role, and the
--   next role to get that number gets its rows.
-- mend: Name the roles that are left; where none is, drop the policy.
select label as object,
    format('names role number %s, which does not exist', string_agg(role::text, ', ')) as detail,
    coalesce(
        format('alter policy %I on %s to ', name, on_table)
            || (select string_agg(left_over.oid::regrole::text, ', ') from pg_roles as left_over where left_over.oid = any(roles)) || ';',
        format('drop policy %I on %s;', name, on_table)) as mend
from inspect.checked_policies()
cross join unnest(roles) as role
where role <> 0 and not exists (select from pg_roles where oid = role)
group by label, name, on_table, roles
