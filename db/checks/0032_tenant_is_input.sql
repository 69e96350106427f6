-- title: A request may say whose row it is
-- level: error
-- rationale: The tenant of a row comes from the caller's context. As an input it is one forgotten check away from moving a row
--   to another tenant, and a generated API offers it as a field.
-- mend: Grant the other columns.
select format('%s.%s for %s', name, inspect.tenant_column(), grantee) as object,
    format('%s may be given by the caller in %s', inspect.tenant_column(), string_agg(lower(privilege), ' and ' order by privilege)) as detail,
    string_agg(inspect.narrow_grant(id, grantee_id, lower(privilege), array[inspect.tenant_column()]), ' ' order by privilege) as mend
from (
    select distinct held.id, held.name, held.grantee_id, held.grantee, held.privilege
    from inspect.checked_grants() as held
    join inspect.checked_tables() as checked on checked.id = held.id and checked.tenant is not null
    where held.privilege in ('INSERT', 'UPDATE')
        and coalesce(held.column_name, inspect.tenant_column()) = (select inspect.tenant_column())
        and held.grantee_id = any((select inspect.api_role_ids() || 0::oid)::oid[])
) as held
group by id, name, grantee
