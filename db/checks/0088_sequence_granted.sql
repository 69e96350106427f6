-- title: A sequence within reach of requests
-- level: warning
-- rationale: Its value counts all tenants' rows together: whoever reads it learns how fast the others grow, and whoever sets it
--   makes their inserts fail. An identity column needs no grant on its sequence.
-- mend: Revoke.
with granted as (
    select id, name, grantee_id, grantee, string_agg(distinct lower(privilege), ', ') as privileges, bool_or(privilege = 'USAGE') as usable
    from inspect.checked_grants()
    where kind = 'S' and grantee_id = any((select inspect.api_role_ids())::oid[])
    group by id, name, grantee_id, grantee
)
select 'sequence ' || name as object,
    format('%s granted to %s', privileges, grantee) as detail,
    coalesce(
        format('-- Its caller needs it for the default of %s: make that an identity column first, then revoke.', serving),
        format('revoke all on sequence %s from %s;', name, grantee)
    ) as mend
from granted
cross join lateral (
    select string_agg(format('%s.%I', attrelid::regclass, attname), ', ') as serving
    from pg_depend
    join pg_attrdef on classid = 'pg_attrdef'::regclass and objid = pg_attrdef.oid
    join pg_attribute on attrelid = adrelid and attnum = adnum
    where refclassid = 'pg_class'::regclass and refobjid = granted.id and usable and has_any_column_privilege(grantee_id, adrelid, 'insert')
) as defaults
