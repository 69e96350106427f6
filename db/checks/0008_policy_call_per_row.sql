-- title: A policy asks the same question for every row
-- level: warning
-- rationale: A function that depends only on the caller is called once per row unless it stands in a scalar subselect; then
--   once per query, and its value can be looked up in an index. On a million rows that is the difference between
--   a millisecond and seconds, and slow policies are the ones that get switched off.
-- mend: Wrap each call: (select f()).
-- splinter: 0003
with calls as (
    select policy.oid as id, call
    from pg_policy as policy
    cross join lateral (
        select inspect.calls_per_row(polqual) union select inspect.calls_per_row(polwithcheck)
    ) as found (call)
), named as (
    select calls.id,
        string_agg(call::regprocedure::text, ', ' order by call::regprocedure::text) as calls,
        '(?<!SELECT )(?<![a-z0-9_.])(' || string_agg(distinct replace(call::regproc::text, '.', '\.'), '|') || ')'
            || '\(([^()'']|''[^'']*''|\(([^()'']|''[^'']*'')*\))*\)' as pattern
    from calls
    group by calls.id
)
select label as object,
    'calls for every row: ' || calls as detail,
    format('alter policy %I on %s', name, on_table)
        || coalesce(' using (' || regexp_replace(using_, pattern, '(select \&)', 'g') || ')', '')
        || coalesce(' with check (' || regexp_replace(check_, pattern, '(select \&)', 'g') || ')', '')
        || ';' as mend
from named
join inspect.checked_policies() using (id)
