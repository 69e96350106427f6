-- title: What will be made is granted to everybody
-- level: error
-- rationale: Default privileges to public open every future table or function at its birth, before its policies are written.
-- mend: Revoke them.
select format('default privileges of %s%s on %s', defaclrole::regrole, ' in ' || nullif(defaclnamespace, 0)::regnamespace, kind) as object,
    format('%s for everybody on whatever %s makes', string_agg(lower(privilege_type), ', '), defaclrole::regrole) as detail,
    format('alter default privileges for role %s%s revoke all on %s from public;', defaclrole::regrole,
        coalesce(' in schema ' || nullif(defaclnamespace, 0)::regnamespace, ''), kind) as mend
from pg_default_acl
cross join lateral (select case defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types' when 'n' then 'schemas' end as kind) as named
cross join aclexplode(defaclacl) as item
where grantee = 0 and defaclobjtype not in ('T', 'L')
group by defaclrole, defaclnamespace, kind
