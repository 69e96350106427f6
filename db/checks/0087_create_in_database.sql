-- title: Requests may make temporary tables or schemas
-- level: warning
-- rationale: A temporary table shadows a real one of the same name for everything that searches pg_temp, and its rows wait on a pooled
--   connection for the next caller. PostgreSQL grants TEMPORARY to everybody in every new database.
-- mend: Revoke.
select format('database %s for %s', quote_ident(current_database()), who) as object,
    string_agg(lower(privilege_type), ', ' order by privilege_type) || ' granted' as detail,
    format('revoke create, temporary on database %I from %s;', current_database(), who) as mend
from pg_database
cross join aclexplode(coalesce(datacl, acldefault('d', datdba))) as item
cross join lateral (select case when grantee = 0 then 'public' else grantee::regrole::text end as who) as named
where datname = current_database() and privilege_type in ('CREATE', 'TEMPORARY')
    and grantee = any((select inspect.api_role_ids() || 0::oid)::oid[])
group by who
