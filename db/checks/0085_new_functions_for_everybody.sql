-- title: New functions are executable by everybody
-- level: warning
-- rationale: PostgreSQL grants EXECUTE on every new function to public. One forgotten revoke on a SECURITY DEFINER function is a way
--   around row security for every role.
-- mend: Revoke it by default, for each role that owns a schema or function here.
with makers as (
    select distinct owner from inspect.checked_functions()
    union
    select nspowner from pg_namespace where nspname = any((select inspect.schemas())::text[]) and nspname <> 'public'
)
select 'functions of ' || owner::regrole as object,
    'will be executable by everybody' as detail,
    format('alter default privileges for role %s revoke execute on functions from public;', owner::regrole) as mend
from makers
join pg_roles on pg_roles.oid = owner
where not exists (
    select from pg_default_acl
    where defaclrole = owner and defaclobjtype = 'f' and defaclnamespace = 0
        and not exists (select from aclexplode(defaclacl) where grantee = 0)
)
    and not exists (
    select from pg_default_acl cross join aclexplode(defaclacl)
    where defaclrole = owner and defaclobjtype = 'f' and grantee = 0
)
