-- title: A policy names one tenant
-- level: warning
-- rationale: A tenant's number in a policy is a back door or a debugging line: it works for whoever is that tenant in this
--   database, and for somebody else in the next.
-- mend: Take that alternative out; where it is all that there is, the policy goes.
with naming as (
    select policy.id, policy.label, array_agg(distinct leaf.condition) as alternatives
    from inspect.checked_policies() as policy
    join pg_attribute on attrelid = relation and attnum = tenant
    cross join unnest(array[using_, check_]) as predicate
    cross join inspect.leaves(predicate) as leaf
    where (starts_with(leaf.condition, quote_ident(attname) || ' = ') or right(leaf.condition, length(quote_ident(attname)) + 3) = ' = ' || quote_ident(attname))
        and exists (select from inspect.tokens(leaf.condition) where kind in ('literal', 'number'))
        and not exists (select from inspect.tokens(leaf.condition) where kind = 'call' and token <> 'ANY' or token in ('SELECT', 'CURRENT_USER', 'SESSION_USER', 'USER', 'CURRENT_ROLE'))
    group by policy.id, policy.label
)
select label as object,
    'compares the tenant with a constant' as detail,
    coalesce(inspect.close_alternatives(id, alternatives), '-- Compare with the caller''s tenant.') as mend
from naming
