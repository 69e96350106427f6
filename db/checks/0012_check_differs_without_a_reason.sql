-- title: An update may leave a row in a state that it could not have been found in
-- level: warning
-- rationale: A check wider than its using lets a caller write a row out of their own reach: into another's hands, or past a
--   limit. Sometimes that is meant; then the comment says what the check allows and why.
-- mend: Let the check demand what using demands as well, or explain the check in the policy's comment.
select label as object,
    'with check lets through what using does not, and the comment does not speak of the check' as detail,
    inspect.alter_policy(name, on_table, null, inspect.requiring(check_, inspect.required(using_))) as mend
from inspect.checked_policies()
where command in ('UPDATE', 'ALL') and coalesce(comment, '') !~* '\mchecks?\M'
    and using_ is not null and check_ is not null and not inspect.implies(check_, using_)
    and inspect.constant(using_, relation) is distinct from true and inspect.constant(check_, relation) is distinct from false
