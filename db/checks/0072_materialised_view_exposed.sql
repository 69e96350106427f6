-- title: A materialised view within reach of requests
-- level: error
-- rationale: It holds copies of rows that its owner saw, all tenants' in one, and cannot have row security.
-- mend: Revoke; offer a function or a view that asks as its caller.
-- splinter: 0016, 0002
select 'materialised view ' || name as object,
    'can be read by ' || string_agg(distinct grantee, ', ') as detail,
    format('revoke all on %s from %s;', name, string_agg(distinct grantee, ', ')) as mend
from inspect.checked_grants()
where kind = 'm' and privilege = 'SELECT'
group by name
