-- title: An update may leave a row in a state that it could not have been found in
-- level: warning
-- rationale: A check wider than its using lets a caller write a row out of their own reach: into another's hands, or past a
--   limit. Sometimes that is meant; then the comment says what the check allows and why.
-- mend: Make the check the same as using, or explain the check in the policy's comment.
select label as object,
    'with check differs from using, and the comment does not speak of the check' as detail,
    format('alter policy %I on %s with check (%s);', name, on_table, using_) as mend
from inspect.checked_policies()
where command in ('UPDATE', 'ALL') and using_ <> check_ and coalesce(comment, '') !~* '\mchecks?\M'
