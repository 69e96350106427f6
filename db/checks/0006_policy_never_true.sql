-- title: A policy that nothing can pass
-- level: warning
-- rationale: A permissive policy with using (false), or with no predicate at all, opens nothing: PostgreSQL counts a missing
--   predicate as no policy. It misleads whoever reads the list.
-- mend: Drop it.
select label as object,
    case when using_ is null and check_ is null then 'has no predicate, so it permits nothing'
        else 'its predicate is false, so it permits nothing' end as detail,
    format('drop policy %I on %s;', name, on_table) as mend
from inspect.checked_policies()
where permissive and served
    and not coalesce(inspect.constant(coalesce(using_, check_, 'false'), relation), true)
