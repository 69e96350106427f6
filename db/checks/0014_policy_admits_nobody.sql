-- title: A policy opens up when nobody is signed in
-- level: error
-- rationale: "caller() is null or …" was meant for jobs and is true for every request that is not signed
--   in, so they see more than those who are.
-- mend: Take that alternative out; give jobs a role and a policy of their own.
with admitting as (
    select policy.id, policy.label, array_agg(distinct leaf.condition) as alternatives
    from inspect.checked_policies() as policy
    cross join unnest(array[using_, check_]) as predicate
    cross join inspect.leaves(predicate) as leaf
    where permissive and served and leaf.connective = 'or'
        and leaf.condition ~ ' IS NULL$| = ''''::text$|^''''::text = '
        and exists (select from inspect.tokens(leaf.condition) where kind = 'call' or token in ('CURRENT_USER', 'SESSION_USER', 'USER', 'CURRENT_ROLE'))
        and not inspect.mentions_row(leaf.condition, relation)
    group by policy.id, policy.label
)
select label as object,
    'is true when a function of the caller answers null' as detail,
    coalesce(inspect.close_alternatives(id, alternatives), '-- Take the alternative out.') as mend
from admitting
