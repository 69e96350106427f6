-- title: A policy trusts a session variable as it is
-- level: warning
-- rationale: Any SQL that runs in the session can overwrite a custom setting, so an injection chooses its tenant. An unset one
--   is null, and once set it comes back as an empty string on a pooled connection.
-- mend: Read it through a function that checks a seal. No SQL is printed: only a person can write a function that says the same,
--   and every other condition of the policy has to stay.
select label as object,
    'calls current_setting() directly' as detail,
    '-- Read the setting in a function that checks who wrote it, and call that in its place: (select …).' as mend
from inspect.checked_policies()
where exists (select from inspect.tokens(concat_ws(' ', using_, check_)) where kind = 'call' and token = 'current_setting')
