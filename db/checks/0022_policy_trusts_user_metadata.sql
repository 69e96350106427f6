-- title: A policy trusts what users may write themselves
-- level: error
-- rationale: user_metadata in a token is edited by its own user at sign-up, so a policy that reads a role or tenant from it lets
--   everybody choose theirs.
-- mend: Hold the policy to the caller's tenant; take roles from tables that users cannot write.
-- splinter: 0015
select label as object,
    'reads user_metadata' as detail,
    closing as mend
from inspect.checked_policies()
where coalesce(using_, '') || coalesce(check_, '') ~* 'user_metadata|raw_user_meta'
