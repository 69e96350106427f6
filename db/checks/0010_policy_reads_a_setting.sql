-- title: A policy trusts a session variable as it is
-- level: warning
-- rationale: Any SQL that runs in the session can overwrite a custom setting, so an injection chooses its tenant. An unset one
--   is null, and once set it comes back as an empty string on a pooled connection.
-- mend: Read it through a function that checks a seal, here the tenant's; else hold the policy to the tenant alone.
select label as object,
    'calls current_setting() directly' as detail,
    closing as mend
from inspect.checked_policies()
where coalesce(using_, '') || coalesce(check_, '') ~ '\mcurrent_setting\('
