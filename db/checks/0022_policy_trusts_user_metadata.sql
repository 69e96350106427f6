-- title: A policy trusts what users may write themselves
-- level: error
-- rationale: user_metadata in a token is edited by its own user at sign-up, so a policy that reads a role or tenant from it lets
--   everybody choose theirs.
-- mend: Take that alternative out; where nothing is left the policy goes. Take roles from tables that users cannot write.
-- splinter: 0015
with trusting as (
    select policy.id, policy.label, array_agg(distinct leaf.condition) as alternatives
    from inspect.checked_policies() as policy
    cross join unnest(array[using_, check_]) as predicate
    cross join inspect.leaves(predicate) as leaf
    where leaf.condition ~* 'user_metadata|raw_user_meta'
    group by policy.id, policy.label
)
select label as object,
    'reads user_metadata' as detail,
    coalesce(inspect.close_alternatives(id, alternatives), '-- Take roles and tenants from where users cannot write.') as mend
from trusting
