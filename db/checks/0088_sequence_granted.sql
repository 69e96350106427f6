-- title: A sequence within reach of requests
-- level: warning
-- rationale: Its value counts all tenants' rows together: whoever reads it learns how fast the others grow, and whoever sets it
--   makes their inserts fail. An identity column needs no grant on its sequence.
-- mend: Revoke.
select 'sequence ' || name as object,
    format('%s granted to %s', string_agg(distinct lower(privilege), ', '), grantee) as detail,
    format('revoke all on sequence %s from %s;', name, grantee) as mend
from inspect.checked_grants()
where kind = 'S' and grantee_id = any(inspect.api_role_ids())
group by name, grantee
