-- title: A role that requests run as may do more than a request should
-- level: error
-- rationale: An injection does whatever the role may do: read all tenants (superuser, BYPASSRLS), make itself a member of other roles
--   (CREATEROLE), make databases, or read the write-ahead log (REPLICATION).
-- mend: Take it back.
select 'role ' || pg_roles.oid::regrole as object,
    'holds ' || concat_ws(', ', case when rolsuper then 'superuser' end, case when rolbypassrls then 'bypassrls' end,
        case when rolcreaterole then 'createrole' end, case when rolcreatedb then 'createdb' end, case when rolreplication then 'replication' end) as detail,
    format('alter role %s nosuperuser nobypassrls nocreaterole nocreatedb noreplication;', pg_roles.oid::regrole) as mend
from pg_roles
where pg_roles.oid = any((select inspect.api_role_ids())::oid[]) and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)
