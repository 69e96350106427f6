-- title: A unique key that spans tenants
-- level: error
-- rationale: A unique violation tells a caller that some other tenant has such a row: its customers' addresses can be tried one
--   by one, and row security does not help, because uniqueness is checked behind it.
-- mend: Begin the key with the tenant.
select indexrelid::regclass::text as object,
    format('unique (%s) on %s does not contain %s', columns, name, inspect.tenant_column()) as detail,
    case when conname is not null
        then format('alter table %1$s drop constraint %2$I, add constraint %2$I unique (%3$I, %4$s);', name, conname, inspect.tenant_column(), columns)
        else format('drop index %s; create unique index %I on %s (%I, %s)%s;', indexrelid::regclass, relname, name, inspect.tenant_column(), columns,
            coalesce(' where ' || pg_get_expr(indpred, indrelid), ''))
    end as mend
from inspect.checked_tables() as checked
join pg_index on indrelid = checked.id and indisunique and not indisprimary
join pg_class on pg_class.oid = indexrelid
left join pg_constraint on conindid = indexrelid and contype = 'u'
cross join lateral (
    select string_agg(pg_get_indexdef(indexrelid, place, true), ', ' order by place) as columns
    from generate_series(1, indnkeyatts) as place
) as named
where checked.exposed and checked.tenant is not null and not checked.partition
    and checked.tenant <> all (indkey::smallint[])
