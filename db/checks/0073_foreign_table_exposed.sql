-- title: A foreign table within reach of requests
-- level: error
-- rationale: Rows come from another server, as the user that the mapping names; row security here does not apply to them.
-- mend: Revoke.
-- splinter: 0017
select 'foreign table ' || name as object,
    format('%s by %s', string_agg(distinct lower(privilege), ', '), string_agg(distinct grantee, ', ')) as detail,
    format('revoke all on %s from %s;', name, string_agg(distinct grantee, ', ')) as mend
from inspect.checked_grants()
where kind = 'f'
group by name
