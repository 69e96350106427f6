-- title: A policy compares with the database user
-- level: warning
-- rationale: Behind a pool everybody is the same database user, so current_user tells no two callers apart. In a SECURITY
--   DEFINER function it is the function's owner.
-- mend: Take the user from the context. No SQL is printed: only a person can say which of its functions means the same.
select label as object,
    'asks for ' || string_agg(distinct lower(token), ', ') as detail,
    '-- Ask the context who is calling, in place of the database user: (select …).' as mend
from inspect.checked_policies()
cross join inspect.tokens(concat_ws(' ', using_, check_))
where kind = 'name' and token in ('CURRENT_USER', 'SESSION_USER', 'CURRENT_ROLE', 'USER')
group by label
