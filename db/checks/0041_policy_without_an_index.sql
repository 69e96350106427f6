-- title: A policy whose columns no index begins with
-- level: warning
-- rationale: The predicate joins every query, so without an index for it every query of every tenant reads the whole table: cost
--   grows with the number of customers, and one tenant can slow down all.
-- mend: An index that begins with the tenant, or else with a column of the policy.
select name as object,
    format('policies compare %s, but no index begins with %s', string_agg(distinct attname::text, ', '),
        case when tenant is not null then inspect.tenant_column() else 'one of them' end) as detail,
    format('create index on %s (%I);', name, case when tenant is not null then inspect.tenant_column() else min(attname::text) end) as mend
from inspect.checked_tables() as checked
join pg_policy as policy on policy.polrelid = checked.id and polcmd in ('r', '*')
    and polroles && (select inspect.api_role_ids() || 0::oid)
join pg_depend on classid = 'pg_policy'::regclass and objid = policy.oid
    and refclassid = 'pg_class'::regclass and refobjid = checked.id and refobjsubid > 0
join pg_attribute on attrelid = checked.id and attnum = refobjsubid
where secured and not partition
    and not exists (
        select from pg_index
        where indrelid = checked.id and indisvalid and indpred is null
            and case when checked.tenant is not null then indkey[0] = checked.tenant else indkey[0] in (
                select refobjsubid from pg_depend
                join pg_policy as any_policy on any_policy.oid = objid and any_policy.polrelid = checked.id
                where classid = 'pg_policy'::regclass and refclassid = 'pg_class'::regclass and refobjid = checked.id and refobjsubid > 0
            ) end
    )
group by name, tenant
