-- title: Row security is off
-- level: error
-- rationale: Whoever holds a grant on the table sees and changes every tenant's rows. CVE-2025-48757 is this, found
--   in more than 170 published applications at once: tables reachable by their API, without row security.
-- mend: Enable and force it; without a policy the table is then closed to everybody.
-- splinter: 0013, 0019
select name as object,
    'has neither row security nor policies' as detail,
    format('alter table %1$s enable row level security; alter table %1$s force row level security;', name) as mend
from inspect.checked_tables() as checked
where not secured and not partition
    and not exists (select from pg_policy where polrelid = checked.id)
