-- title: A policy asks the same question for every row
-- level: warning
-- rationale: A function that depends only on the caller is called once per row unless it stands in a scalar subselect; then
--   once per query, and its value can be looked up in an index. On a million rows that is the difference between
--   a millisecond and seconds, and slow policies are the ones that get switched off.
-- mend: Wrap each call: (select f()).
-- splinter: 0003
with calls as (
    select policy.oid as id, array_agg(distinct call) as calls
    from pg_policy as policy
    cross join lateral (
        select inspect.calls_per_row(polqual) union select inspect.calls_per_row(polwithcheck)
    ) as found (call)
    group by policy.oid
)
select label as object,
    'calls for every row: ' || (select string_agg(call::regprocedure::text, ', ' order by call::regprocedure::text) from unnest(calls) as call) as detail,
    inspect.alter_policy(name, on_table, inspect.ask_once(using_, calls, relation), inspect.ask_once(check_, calls, relation)) as mend
from calls
join inspect.checked_policies() using (id)
