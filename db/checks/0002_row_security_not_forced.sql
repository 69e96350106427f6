-- title: Row security does not bind the owner
-- level: error
-- rationale: Without FORCE the table's owner passes by every policy. Functions owned by the owner, foreign key checks
--   with cascades, and an application that connects as the role that migrated it then see all tenants.
-- mend: Force it; what the owner must reach becomes a policy to the owner, where a reader can see it. An owner that is a
--   superuser or holds BYPASSRLS is not counted: it passes by all the same.
select name as object,
    'row security is enabled, but its owner ' || owner::regrole || ' is exempt' as detail,
    format('alter table %s force row level security;', name) as mend
from inspect.checked_tables()
where secured and not forced and not partition and bound
