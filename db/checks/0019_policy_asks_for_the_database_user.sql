-- title: A policy compares with the database user
-- level: warning
-- rationale: Behind a pool everybody is the same database user, so current_user tells no two callers apart. In a SECURITY
--   DEFINER function it is the function's owner.
-- mend: Hold the policy to the caller's tenant, and take the user from the context.
select label as object,
    'asks for ' || lower(substring(coalesce(using_, '') || coalesce(check_, '') from '\m(CURRENT_USER|SESSION_USER|CURRENT_ROLE|USER)\M')) as detail,
    closing as mend
from inspect.checked_policies()
where coalesce(using_, '') || coalesce(check_, '') ~ '\m(CURRENT_USER|SESSION_USER|CURRENT_ROLE)\M'
