-- title: Row security without a policy, and nothing says that this is meant
-- level: info
-- rationale: Nobody but a superuser reaches a row. That is right for a table that is closed on purpose, and an outage for
--   one whose policies were forgotten; the next reader cannot tell which.
-- mend: Say in the table's comment that it is closed, or write its policies.
-- splinter: 0008
select name as object,
    'has row security and no policy: nobody sees a row' as detail,
    format('comment on table %s is %L;', name,
        coalesce(rtrim(comment, '. ') || '. ', '') || 'Closed: no policy opens it to anybody.') as mend
from inspect.checked_tables() as checked
where secured and not partition
    and not exists (select from pg_policy where polrelid = checked.id)
    and coalesce(comment, '') !~* '\mclosed\M'
