-- title: Restrictive policies with nothing to restrict
-- level: warning
-- rationale: Restrictive policies take away from what permissive ones give; alone they permit nothing, and every query comes
--   back empty without an error.
-- mend: Write the permissive policy that is meant. No SQL is printed: it would open the table.
select name as object,
    'has only restrictive policies: nobody sees a row' as detail,
    '-- Write the permissive policy that is meant, or drop the restrictive ones and say that the table is closed.' as mend
from inspect.checked_tables() as checked
where secured
    and exists (select from pg_policy where polrelid = checked.id)
    and not exists (select from pg_policy where polrelid = checked.id and polpermissive)
