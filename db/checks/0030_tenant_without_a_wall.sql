-- title: A tenant's table without a wall
-- level: error
-- rationale: Permissive policies add up, so one that is written too wide later opens the table to all tenants. A restrictive
--   policy on the tenant, for every command, is AND'ed with whatever they permit and stands first in every plan.
-- mend: Build it, for every command and every role that requests run as.
select name as object,
    'no restrictive policy for every command holds ' || string_agg(role::regrole::text, ', ') || ' to the tenant' as detail,
    coalesce(
        case when predicate is not null then
            format('create policy %1$I on %2$s as restrictive for all to %3$s using (%4$s) with check (%4$s); comment on policy %1$I on %2$s is %5$L;',
                'nothing crosses the wall', name, string_agg(role::regrole::text, ', '), predicate,
                'Whatever other policies permit, they permit inside the caller''s tenant.')
        end,
        '-- Nothing here tells whose rows a caller may see: say it in a function, and compare the tenant with that in a restrictive policy.'
    ) as mend
from inspect.checked_tables() as checked
cross join unnest((select inspect.api_role_ids())) as role
cross join lateral (select inspect.wall_predicate(id) as predicate) as held
where exposed and reached and tenant is not null and not partition and secured
    and exists (select from pg_policy where polrelid = checked.id)
    and not exists (
        select from pg_policy as wall
        join pg_attribute on attrelid = checked.id and attnum = checked.tenant
        where wall.polrelid = checked.id and not wall.polpermissive and wall.polcmd = '*'
            and wall.polroles && array[role, 0]
            -- Of the conditions that have to hold, one compares the tenant; a check that is not said is the same.
            and exists (
                select from unnest(inspect.required(pg_get_expr(polqual, polrelid))) as condition
                where inspect.names(condition) @> array[quote_ident(attname)] and not inspect.names(condition) @> '{OR}'
            )
            and (polwithcheck is null or exists (
                select from unnest(inspect.required(pg_get_expr(polwithcheck, polrelid))) as condition
                where inspect.names(condition) @> array[quote_ident(attname)] and not inspect.names(condition) @> '{OR}'
            ))
    )
group by id, name, predicate
