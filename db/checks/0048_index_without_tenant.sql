-- title: An index that leads to other tenants' rows
-- level: info
-- rationale: An index that does not hold the tenant finds rows next door before the policies discard them. What is discarded is counted
--   in "explain (analyze)", so a caller with SQL of their own learns how many rows there have a value.
-- mend: Add the tenant to the index.
select indexrelid::regclass::text as object,
    format('on %s, without %s', name, inspect.tenant_column()) as detail,
    format('drop index %s; create index on %s (%s, %I);', indexrelid::regclass, name,
        string_agg(quote_ident(attname), ', ' order by place), inspect.tenant_column()) as mend
from inspect.checked_tables() as checked
join pg_index on indrelid = checked.id
cross join unnest(indkey::smallint[]) with ordinality as part (number, place)
left join pg_attribute on attrelid = checked.id and attnum = number
where secured and exposed and tenant is not null and not partition
    and not indisunique and indpred is null and tenant <> all (indkey::smallint[])
    -- Only a leakproof comparison is made before the policies, so only its index can be used before them.
    and exists (
        select from pg_opclass
        join pg_amop on amopfamily = opcfamily and amoplefttype = opcintype and amoprighttype = opcintype
        join pg_operator on pg_operator.oid = amopopr and oprname = '='
        join pg_proc on pg_proc.oid = oprcode and proleakproof
        where pg_opclass.oid = indclass[0]
    )
    and exists (select from unnest((select inspect.api_role_ids())) as role where has_any_column_privilege(role, checked.id, 'select'))
group by indexrelid, name
having bool_and(number <> 0)
