-- title: An index that row security puts out of use
-- level: warning
-- rationale: Before a row has passed its policies PostgreSQL applies only operators that cannot leak what they saw, so a filter
--   with any other (enum, citext, numeric, arrays, jsonb, full text) cannot look up an index: it reads the whole tenant.
--   Measured on a million rows: 24 to 63 ms against 0.09 ms.
-- mend: Drop the index, or make the column text, uuid, integer, boolean or timestamptz.
select format('%s (%s)', indexrelid::regclass, pg_get_indexdef(indexrelid, place::int, true)) as object,
    format('the comparison of %s is not leakproof', format_type(opcintype, null)) as detail,
    case when exists (select from pg_constraint where conindid = indexrelid) and attname is not null
        then format('alter table %s alter column %I type text;', name, attname)
        else format('drop index %s;', indexrelid::regclass) end as mend
from inspect.checked_tables() as checked
join pg_index on indrelid = checked.id
cross join unnest(indclass::oid[]) with ordinality as part (class, place)
join pg_opclass on pg_opclass.oid = class
left join pg_attribute on attrelid = indrelid and attnum = indkey[place - 1] and attnum > 0
where checked.secured and not checked.partition
    and exists (select from unnest((select inspect.api_role_ids())) as role where has_any_column_privilege(role, checked.id, 'select'))
    and not coalesce((
        select bool_and(proleakproof) from pg_amop join pg_operator on pg_operator.oid = amopopr join pg_proc on pg_proc.oid = oprcode
        where amopfamily = opcfamily and amopstrategy = 3 and amoplefttype = opcintype and amoprighttype = opcintype
            and opcmethod = (select oid from pg_am where amname = 'btree')
    ), false)
