-- title: A tenant's table without a wall
-- level: error
-- rationale: Permissive policies add up, so one that is written too wide later opens the table to all tenants. A restrictive
--   policy on the tenant, for every command, is AND'ed with whatever they permit and stands first in every plan.
-- mend: Build it, for every command and every role that requests run as.
select name as object,
    'no restrictive policy for every command holds ' || string_agg(role::regrole::text, ', ') || ' to the tenant' as detail,
    format('create policy %1$I on %2$s as restrictive for all to %3$s using (%4$s) with check (%4$s); comment on policy %1$I on %2$s is %5$L;',
        'nothing crosses the wall', name, string_agg(role::regrole::text, ', '), inspect.tenant_predicate(id),
        'Whatever other policies permit, they permit inside the caller''s tenant.') as mend
from inspect.checked_tables() as checked
cross join unnest(inspect.api_role_ids()) as role
where exposed and tenant is not null and not partition and secured
    and exists (select from pg_policy where polrelid = checked.id)
    and not exists (
        select from pg_policy as wall
        where wall.polrelid = checked.id and not wall.polpermissive and wall.polcmd = '*'
            and wall.polroles && array[role, 0]
            and pg_get_expr(wall.polqual, wall.polrelid) ~ ('\m' || inspect.tenant_column() || '\M')
            and coalesce(pg_get_expr(wall.polwithcheck, wall.polrelid), pg_get_expr(wall.polqual, wall.polrelid)) ~ ('\m' || inspect.tenant_column() || '\M')
    )
group by id, name
