-- title: Select on a whole table
-- level: info
-- rationale: It comes with the system columns: ctid says where a row lies, xmin and tableoid when it was written and where, and a
--   caller's conditions on them walk through the table past every index. Named columns come without.
-- mend: Grant select on the columns instead.
select name as object,
    'select on the whole table granted to ' || role::regrole as detail,
    format('revoke select on %1$s from %2$s; grant select (%3$s) on %1$s to %2$s;', name, role::regrole,
        (select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute where attrelid = checked.id and attnum > 0 and not attisdropped)) as mend
from inspect.checked_tables() as checked
cross join unnest((select inspect.api_role_ids())) as role
where secured and tenant is not null and not partition
    and exists (
        select from pg_class cross join aclexplode(relacl)
        where pg_class.oid = checked.id and grantee = role and grantee <> relowner and privilege_type = 'SELECT'
    )
