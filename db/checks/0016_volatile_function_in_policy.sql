-- title: A policy calls a volatile function
-- level: warning
-- rationale: It is called for every row and never looked up in an index; and one that answers differently within a query, or
--   writes, makes who sees what a matter of the plan.
-- mend: Declare it STABLE, if it only reads.
select label as object,
    'calls ' || string_agg(distinct refobjid::regprocedure::text, ', ') || ', which is volatile' as detail,
    string_agg(distinct format('alter function %s stable;', refobjid::regprocedure), ' ') as mend
from inspect.checked_policies() as policy
join pg_depend on classid = 'pg_policy'::regclass and objid = policy.id and refclassid = 'pg_proc'::regclass
join pg_proc on pg_proc.oid = refobjid and provolatile = 'v'
group by label
