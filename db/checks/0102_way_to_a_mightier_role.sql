-- title: A way from requests to a role that owns things
-- level: error
-- rationale: A member can "set role" to the role, or already has its rights: as owner of tables it changes policies, as owner of
--   definer functions it has their reach, as pg_read_all_data it reads tables that were never granted.
-- mend: End the membership.
with mighty as (
    select oid as id, 'is a superuser or holds BYPASSRLS' as why from pg_roles where rolsuper or rolbypassrls
    union
    select oid, 'reaches beyond this database''s grants' from pg_roles
    where rolname in ('pg_read_all_data', 'pg_write_all_data', 'pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files',
        'pg_read_all_stats', 'pg_monitor', 'pg_database_owner', 'pg_maintain')
    union
    select owner, 'owns tables' from inspect.checked_tables()
    union
    select nspowner, 'owns schemas' from pg_namespace where nspname = any((select inspect.schemas())::text[]) and nspname <> 'public'
    union
    select owner, 'owns SECURITY DEFINER functions' from inspect.checked_functions() where definer
)
select format('%s in %s', role::regrole, direct.roleid::regrole) as object,
    'that way it can become ' || string_agg(distinct format('%s, which %s', mighty.id::regrole, why), '; ') as detail,
    format('revoke %s from %s;', direct.roleid::regrole, role::regrole) as mend
from unnest((select inspect.api_role_ids())) as role
join pg_roles as api on api.oid = role and not rolsuper
join pg_auth_members as direct on direct.member = role
join mighty on pg_has_role(direct.roleid, mighty.id, 'member') and mighty.id <> role
join pg_roles as through on through.oid = direct.roleid and not (through.rolsuper and mighty.id <> through.oid)
group by role, direct.roleid
