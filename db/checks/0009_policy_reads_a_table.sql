-- title: A policy reads a table
-- level: warning
-- rationale: The subquery is itself under row security (two such policies on each other end in "infinite recursion
--   detected in policy"), runs at every query, and cannot be distributed by tenant. What it read may change before
--   the row is written.
-- mend: Move the lookup into a STABLE function of the context and call that in a scalar subselect. No SQL is printed: only a
--   person can write a function that says the same.
select label as object,
    'reads ' || string_agg(distinct pg_class.oid::regclass::text, ', ') as detail,
    '-- Move the lookup into a STABLE function and call that in a scalar subselect: (select …).' as mend
from inspect.checked_policies() as policy
join pg_policy on pg_policy.oid = policy.id
cross join unnest(array[polqual::text, polwithcheck::text]) as predicate
-- The parse tree names the tables of subqueries; the dependencies do not tell them from the policy's own.
cross join lateral regexp_matches(predicate, ':relid (\d+)', 'g') as found
join pg_class on pg_class.oid = found[1]::oid
group by label
