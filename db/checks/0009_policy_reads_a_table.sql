-- title: A policy reads a table
-- level: warning
-- rationale: The subquery is itself under row security (two such policies on each other end in "infinite recursion
--   detected in policy"), runs at every query, and cannot be distributed by tenant. What it read may change before
--   the row is written.
-- mend: Hold the policy to the caller's tenant now; then move the lookup into a STABLE function of the context and call that
--   in a scalar subselect.
select label as object,
    'reads ' || string_agg(distinct refobjid::regclass::text, ', ') as detail,
    closing as mend
from inspect.checked_policies() as policy
join pg_depend on classid = 'pg_policy'::regclass and objid = policy.id and refclassid = 'pg_class'::regclass
    and deptype = 'n' and (refobjid <> policy.relation or refobjsubid = 0)
group by label, closing
