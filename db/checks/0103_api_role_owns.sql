-- title: A role that requests run as owns things
-- level: error
-- rationale: An owner can drop the policies, switch row security off and grant itself the rest. It is the commonest way in which row
--   security is there and does nothing: the application connects as the role that made the tables.
-- mend: Give it to whoever migrates, who runs this.
select 'table ' || name as object,
    'belongs to ' || owner::regrole as detail,
    format('alter table %s owner to current_user;', name) as mend
from inspect.checked_tables()
where owner = any((select inspect.api_role_ids())::oid[])
union all
select 'function ' || name, 'belongs to ' || owner::regrole, format('alter routine %s owner to current_user;', name)
from inspect.checked_functions()
where owner = any((select inspect.api_role_ids())::oid[])
union all
select 'schema ' || quote_ident(nspname), 'belongs to ' || nspowner::regrole, format('alter schema %I owner to current_user;', nspname)
from pg_namespace
where nspname = any((select inspect.schemas())::text[]) and nspowner = any((select inspect.api_role_ids())::oid[])
