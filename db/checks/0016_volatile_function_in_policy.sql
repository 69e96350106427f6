-- title: A policy calls a volatile function
-- level: warning
-- rationale: It is called for every row and never looked up in an index; and one that answers differently within a query, or
--   writes, makes who sees what a matter of the plan.
-- mend: Declare it STABLE, if it only reads.
select label as object,
    'calls ' || string_agg(distinct pg_proc.oid::regprocedure::text, ', ') || ', which is volatile' as detail,
    coalesce(
        string_agg(distinct format('alter function %s stable;', pg_proc.oid::regprocedure), ' ') filter (where pronamespace <> 'pg_catalog'::regnamespace),
        '-- It is PostgreSQL''s own: take it out of the policy.') as mend
from inspect.checked_policies() as policy
join pg_policy on pg_policy.oid = policy.id
cross join unnest(array[polqual::text, polwithcheck::text]) as predicate
-- The parse tree; the dependencies leave PostgreSQL's own functions out.
cross join lateral regexp_matches(predicate, ':(?:opfuncid|funcid) (\d+)', 'g') as found
join pg_proc on pg_proc.oid = found[1]::oid and provolatile = 'v'
group by label
