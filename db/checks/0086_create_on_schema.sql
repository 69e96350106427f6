-- title: Somebody else may create things in a schema
-- level: error
-- rationale: Who can create a function or table in a schema that others search, or whose names they call, can have their code run by
--   them (CVE-2018-1058).
-- mend: Revoke.
select format('schema %s for %s', quote_ident(nspname), who) as object,
    format('%s may create things in it', who) as detail,
    format('revoke create on schema %I from %s;', nspname, who) as mend
from pg_namespace
cross join aclexplode(nspacl) as item
cross join lateral (select case when grantee = 0 then 'public' else grantee::regrole::text end as who) as named
where (nspname = any((select inspect.schemas())::text[]) or nspname = 'public')
    and privilege_type = 'CREATE' and grantee <> nspowner
    and not exists (select from pg_roles where pg_roles.oid = grantee and rolsuper)
