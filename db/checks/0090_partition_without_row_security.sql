-- title: A partition without row security of its own
-- level: error
-- rationale: It does not inherit its parent's. The first grant on it, or its owner, reads every tenant's rows in it.
-- mend: Enable and force it; without a policy nobody gets in this way.
select name as object,
    'does not have row security enabled and forced' as detail,
    format('alter table %1$s enable row level security; alter table %1$s force row level security;', name) as mend
from inspect.checked_tables()
where partition and not (secured and forced)
