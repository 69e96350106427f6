-- title: A policy opens up when nobody is signed in
-- level: error
-- rationale: "caller() is null or …" was meant for jobs and is true for every request that is not signed
--   in, so they see more than those who are.
-- mend: Hold the policy to the caller's tenant; give jobs a role and a policy of their own.
select label as object,
    'is true when a function of the caller answers null' as detail,
    closing as mend
from inspect.checked_policies()
where permissive and served
    and exists (
        select from unnest(array[using_, check_]) as predicate
        where predicate ~ '\) IS NULL' and predicate ~ '\mOR\M'
    )
