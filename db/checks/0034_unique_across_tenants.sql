-- title: A unique key that spans tenants
-- level: error
-- rationale: A unique violation tells a caller that some other tenant has such a row: its customers' addresses can be tried one
--   by one, and row security does not help, because uniqueness is checked behind it.
-- mend: Begin the key with the tenant. A key whose columns requests may not write is not counted: nobody can try values of it.
with spanning as (
    select checked.name, checked.tenant, indexrelid, relname, conname, pg_constraint.oid as constrained,
        quote_ident(inspect.tenant_column()) as tenant_column,
        (select string_agg(pg_get_indexdef(indexrelid, place, true), ', ' order by place) from generate_series(1, indnkeyatts) as place) as columns,
        pg_get_indexdef(indexrelid) as definition,
        format('CREATE UNIQUE INDEX %I ON %s%s USING btree (', relname, case relkind when 'I' then 'ONLY ' else '' end, checked.name) as beginning,
        exists (select from pg_constraint as pointer where pointer.conindid = indexrelid and pointer.contype = 'f') as pointed_to
    from inspect.checked_tables() as checked
    join pg_index on indrelid = checked.id and indisunique and not indisprimary
    join pg_class on pg_class.oid = indexrelid
    left join pg_constraint on conindid = indexrelid and contype = 'u'
    where checked.exposed and checked.reached and checked.tenant is not null and not checked.partition
        and checked.tenant <> all (indkey::smallint[])
        -- Who cannot say a value cannot try one.
        and exists (
            select from unnest((select inspect.api_role_ids())) as role
            cross join unnest(indkey::smallint[]) as number
            where case number when 0 then has_any_column_privilege(role, checked.id, 'insert, update')
                else has_column_privilege(role, checked.id, number, 'insert, update') end
        )
)
select indexrelid::regclass::text as object,
    format('unique (%s) on %s does not contain %s', columns, name, inspect.tenant_column()) as detail,
    case
        when pointed_to then '-- Foreign keys point to it: give them the tenant first.'
        when conname is not null then format('alter table %s drop constraint %I, add constraint %I %s;', name, conname, conname,
            regexp_replace(pg_get_constraintdef(constrained), '\(', '(' || replace(tenant_column, '\', '\\') || ', '))
        when starts_with(definition, beginning) then format('drop index %s; %s%s, %s;', indexrelid::regclass, beginning, tenant_column,
            substr(definition, length(beginning) + 1))
        else '-- Build it again, beginning with the tenant.'
    end as mend
from spanning
