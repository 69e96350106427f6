-- title: Row security is off
-- level: error
-- rationale: Whoever holds a grant on the table sees and changes every tenant's rows. CVE-2025-48757 is this, found
--   in more than 170 published applications at once: tables reachable by their API, without row security.
-- mend: Enable and force it; without a policy the table is then closed to everybody. A table that only superusers reach is not
--   counted, and a superuser's table is not forced: no row security holds them.
-- splinter: 0013, 0019
select name as object,
    'has neither row security nor policies' as detail,
    closing as mend
from inspect.checked_tables() as checked
where not secured and not partition and reached
    and not exists (select from pg_policy where polrelid = checked.id)
