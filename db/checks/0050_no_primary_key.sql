-- title: A table without a primary key
-- level: warning
-- rationale: Its rows cannot be named: not by the API, not by the trail, not by replication of updates and deletes.
-- mend: One that begins with the tenant; its columns must identify a row.
-- splinter: 0004
select name as object,
    'has no primary key' as detail,
    case when has_id then format('alter table %s add primary key (%s%I);', name, coalesce(quote_ident(tenant_name) || ', ', ''), 'id')
        else format('alter table %s add column id bigint generated always as identity; alter table %s add primary key (%sid);',
            name, name, coalesce(quote_ident(tenant_name) || ', ', '')) end as mend
from inspect.checked_tables() as checked
cross join lateral (
    select exists (select from pg_attribute where attrelid = checked.id and attname = 'id' and not attisdropped) as has_id,
        (select attname from pg_attribute where attrelid = checked.id and attnum = checked.tenant) as tenant_name
) as columns
where not partition
    and not exists (select from pg_index where indrelid = checked.id and indisprimary)
