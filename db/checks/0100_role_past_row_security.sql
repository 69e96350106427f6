-- title: A role that no policy binds
-- level: error
-- rationale: Superusers and holders of BYPASSRLS see every tenant's rows. One that can sign in is a password away from all of them;
--   dumps and maintenance are reasons, an application is none. The server's first superuser is not counted.
-- mend: Take the attribute back.
select 'role ' || pg_roles.oid::regrole as object,
    case when rolsuper then 'is a superuser and may sign in' else 'holds BYPASSRLS and may sign in' end as detail,
    format('alter role %s nosuperuser nobypassrls;', pg_roles.oid::regrole) as mend
from pg_roles
where (rolsuper or rolbypassrls) and rolcanlogin and pg_roles.oid <> 10
    and pg_roles.oid <> all((select inspect.api_role_ids())::oid[])
