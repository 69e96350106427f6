-- title: The same index twice
-- level: warning
-- rationale: Every write pays for both, and no query gains.
-- mend: Drop the one that backs no constraint.
-- splinter: 0009
with indexes as (
    select indexrelid, indrelid, name,
        (indkey::text, indclass::text, indcollation::text, indoption::text, indnkeyatts, indisunique, relam,
            coalesce(pg_get_expr(indexprs, indrelid), ''), coalesce(pg_get_expr(indpred, indrelid), ''))::text as shape,
        (select count(*) from pg_constraint where conindid = indexrelid) as constrained
    from inspect.checked_tables() as checked
    join pg_index on indrelid = checked.id
    join pg_class on pg_class.oid = indexrelid
    where not checked.partition
)
select second.indexrelid::regclass::text as object,
    'is the same as ' || first.indexrelid::regclass as detail,
    case
        when exists (select from pg_constraint where conindid = second.indexrelid and contype = 'f') then '-- Foreign keys point to both: let them point to one.'
        when second.constrained > 0
        then format('alter table %s drop constraint %I;', second.name, (select conname from pg_constraint where conindid = second.indexrelid and contype in ('p', 'u', 'x') limit 1))
        else format('drop index %s;', second.indexrelid::regclass) end as mend
from indexes as second
join lateral (
    select indexrelid from indexes
    where indrelid = second.indrelid and shape = second.shape
        and (-constrained, indexrelid) < (-second.constrained, second.indexrelid)
    order by -constrained, indexrelid limit 1
) as first on true
