-- title: An owner of tables that can sign in
-- level: warning
-- rationale: Its password opens everything: it can rewrite the policies. An owner that cannot sign in is reached only through a
--   membership, which shows who migrates.
-- mend: Let nobody sign in as it; migrations become it by "set role".
select 'role ' || pg_roles.oid::regrole as object,
    format('owns %s tables and can sign in', count(*)) as detail,
    format('alter role %s nologin;', pg_roles.oid::regrole) as mend
from inspect.checked_tables()
join pg_roles on pg_roles.oid = owner and rolcanlogin and not rolsuper
where owner <> all((select inspect.api_role_ids())::oid[])
group by pg_roles.oid
