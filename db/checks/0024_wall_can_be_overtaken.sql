-- title: A wall that a caller's condition can overtake
-- level: warning
-- rationale: A single "tenant = (select …)" is moved behind the caller's own cheap comparisons, and its answer is asked for only when a
--   row gets that far. So a caller with SQL of their own learns, from an error or from "never executed" in a plan, whether a row next
--   door passed their comparison, and reads it by halving. Two equalities on one column are compared with each other before any row.
-- mend: Compare the tenant twice, in one restrictive policy.
select label as object,
    'one comparison of ' || inspect.tenant_column() || ' with a subselect: it is evaluated after the caller''s own' as detail,
    coalesce(
        case when predicate is not null then inspect.alter_policy(name, on_table, using_ || ' and ' || predicate, check_ || ' and ' || predicate) end,
        '-- Nothing here tells whose rows a caller may see: say it in a function, and compare the tenant with that as well.'
    ) as mend
from inspect.checked_policies()
cross join lateral (select inspect.tenant_predicate(relation) as predicate) as held
where not permissive and command = 'ALL' and tenant is not null and secured and exposed
    and roles && (select inspect.api_role_ids() || 0::oid)
    and (select count(*) from string_to_table(using_, format('(%I = ( SELECT ', inspect.tenant_column()))) = 2
