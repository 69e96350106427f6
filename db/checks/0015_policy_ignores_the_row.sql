-- title: A policy on tenants' rows does not look at the row
-- level: error
-- rationale: A predicate about the caller alone ("is an administrator") opens all rows or none, and so every tenant's rows to
--   the administrators of one.
-- mend: Hold the policy to the caller's tenant as well.
select label as object,
    'mentions no column of ' || on_table as detail,
    coalesce(inspect.hold_to_tenant(id), '-- Nothing here tells whose rows a caller may see: say it in a function, and compare the tenant with that.') as mend
from inspect.checked_policies() as policy
where permissive and served and tenant is not null
    and inspect.constant(coalesce(using_, check_), relation) is null
    and not exists (
        select from pg_depend
        where classid = 'pg_policy'::regclass and objid = policy.id
            and refclassid = 'pg_class'::regclass and refobjid = policy.relation and refobjsubid > 0
    )
