-- title: A foreign key without an index
-- level: warning
-- rationale: Deleting or re-keying a parent row scans the whole child table for each row, under a lock. With many tenants in one
--   table that is one tenant's delete stopping all the others.
-- mend: An index that begins with its columns.
-- splinter: 0001
select format('foreign key %s on %s', conname, name) as object,
    format('no index begins with (%s)', columns) as detail,
    format('create index on %s (%s%s);', name, columns, case when checked.tenant <> all (key.conkey) then format(', %I', inspect.tenant_column()) end) as mend
from inspect.checked_tables() as checked
join pg_constraint as key on key.conrelid = checked.id and key.contype = 'f' and key.conparentid = 0
cross join lateral (
    select string_agg(quote_ident(attname), ', ' order by place) as columns
    from unnest(key.conkey) with ordinality as part (number, place)
    join pg_attribute on attrelid = key.conrelid and attnum = number
) as named
where not exists (
    select from pg_index
    where indrelid = key.conrelid and indisvalid
        -- One that leaves out nulls serves as well: a null points nowhere.
        and (indpred is null or cardinality(key.conkey) = 1 and pg_get_expr(indpred, indrelid) = format('(%s IS NOT NULL)', columns))
        and (string_to_array(indkey::text, ' ')::smallint[])[1:cardinality(key.conkey)] @> key.conkey
)
