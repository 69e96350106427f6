-- title: A tenant's table whose key does not begin with the tenant
-- level: warning
-- rationale: Foreign keys can then only name the row, not the row in its tenant; the key's index serves no query of a tenant;
--   and the table cannot be distributed by tenant.
-- mend: Primary key (tenant, id).
select name as object,
    format('primary key (%s) does not begin with %s', columns, inspect.tenant_column()) as detail,
    case
        when pointing is not null then format('-- %s: give them the tenant first.', pointing)
        else format('alter table %1$s drop constraint %2$I, add primary key (%3$I, %4$s);', name, conname, inspect.tenant_column(), columns)
    end as mend
from inspect.checked_tables()
join pg_constraint on conrelid = id and contype = 'p' and conkey[1] <> tenant
cross join lateral (
    select string_agg(quote_ident(attname), ', ' order by place) as columns
    from unnest(conkey) with ordinality as part (number, place)
    join pg_attribute on attrelid = id and attnum = number and attnum <> tenant
) as named
cross join lateral (
    select 'These point to it: ' || string_agg(format('%s (%s)', conrelid::regclass, quote_ident(conname)), ', ' order by conrelid::regclass::text, conname) as pointing
    from pg_constraint as pointer
    where pointer.confrelid = id and pointer.conindid = pg_constraint.conindid and pointer.contype = 'f'
) as pointers
where exposed and reached and tenant is not null and not partition
