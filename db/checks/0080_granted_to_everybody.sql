-- title: Something granted to everybody
-- level: error
-- rationale: A grant to public is a grant to every role there is or will be, and is forgotten in every review of the roles.
-- mend: Revoke, and grant to the roles that are meant.
select name as object,
    format('%s granted to everybody', string_agg(distinct lower(privilege), ', ')) as detail,
    format('revoke all on %s%s from public;', case when kind = 'S' then 'sequence ' else '' end, name) as mend
from inspect.checked_grants()
where grantee_id = 0 and kind not in ('m', 'f') and not partition
    and not (kind <> 'S' and privilege in ('TRUNCATE', 'REFERENCES', 'TRIGGER', 'MAINTAIN'))
group by name, kind
union all
select 'schema ' || quote_ident(nspname), 'usage granted to everybody', format('revoke usage on schema %I from public;', nspname)
from pg_namespace
where nspname = any((select inspect.schemas())::text[]) and nspname <> 'public'
    and exists (select from aclexplode(nspacl) where grantee = 0 and privilege_type = 'USAGE')
