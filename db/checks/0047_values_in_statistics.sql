-- title: Values of all tenants in the planner's statistics
-- level: info
-- rationale: The estimates of "explain" come from the common values of the whole table and no policy stands before them: a guess that is
--   a neighbour's is estimated higher than one that is nobody's, so what they wrote is found letter by letter.
-- mend: No statistics for columns that hold what people wrote or who they are: keys, numbers, flags and times keep theirs.
select name as object,
    'statistics are kept of ' || string_agg(attname::text, ', ' order by attnum) as detail,
    format('alter table %s %s;', name, string_agg(format('alter column %I set statistics 0', attname), ', ' order by attnum)) as mend
from inspect.checked_tables() as checked
join pg_attribute on attrelid = checked.id and attnum > 0 and not attisdropped
where exposed and secured and tenant is not null and not partition
    and (to_jsonb(pg_attribute) ->> 'attstattarget') is distinct from '0'
    and atttypid in ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype, 'jsonb'::regtype, 'json'::regtype, 'inet'::regtype, 'bytea'::regtype)
    and exists (select from unnest((select inspect.api_role_ids())) as role where has_column_privilege(role, checked.id, attnum, 'select'))
group by name
