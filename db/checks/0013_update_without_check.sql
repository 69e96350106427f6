-- title: A policy leaves its check unsaid
-- level: warning
-- rationale: PostgreSQL takes using for the check of an UPDATE or ALL policy that has none. Whoever later widens using for
--   reading widens what may be written, without a line of the diff saying so.
-- mend: Say it: the same predicate as with check.
select label as object,
    format('is for %s and has no with check', command) as detail,
    format('alter policy %I on %s with check (%s);', name, on_table, using_) as mend
from inspect.checked_policies()
where command in ('UPDATE', 'ALL') and check_ is null and using_ is not null
