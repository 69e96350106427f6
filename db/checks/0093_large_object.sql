-- title: A large object within reach of requests
-- level: error
-- rationale: Large objects have no tenant and no row security: whoever holds the privilege reads it by its number, and numbers can be
--   counted through.
-- mend: Revoke; keep files in a tenant's table.
select format('large object %s', object.oid) as object,
    format('%s granted to %s', string_agg(distinct lower(privilege_type), ', '), who) as detail,
    format('revoke all on large object %s from %s;', object.oid, who) as mend
from pg_largeobject_metadata as object
cross join aclexplode(lomacl) as item
cross join lateral (select case when grantee = 0 then 'public' else grantee::regrole::text end as who) as named
where grantee = any((select inspect.api_role_ids() || 0::oid)::oid[]) and grantee <> lomowner
group by object.oid, who
