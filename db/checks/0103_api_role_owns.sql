-- title: A role that requests run as owns things
-- level: error
-- rationale: An owner can drop the policies, switch row security off and grant itself the rest. It is the commonest way in which row
--   security is there and does nothing: the application connects as the role that made the tables.
-- mend: Give it to the schema's owner.
select 'table ' || name as object,
    'belongs to ' || owner::regrole as detail,
    format('alter table %s owner to %s;', name, nspowner::regrole) as mend
from inspect.checked_tables()
join pg_namespace on nspname = schema
where owner = any(inspect.api_role_ids())
union all
select 'function ' || name, 'belongs to ' || owner::regrole, format('alter routine %s owner to %s;', name, nspowner::regrole)
from inspect.checked_functions()
join pg_namespace on nspname = schema
where owner = any(inspect.api_role_ids())
union all
select 'schema ' || quote_ident(nspname), 'belongs to ' || nspowner::regrole, format('alter schema %I owner to current_user;', nspname)
from pg_namespace
where nspname = any(inspect.schemas()) and nspowner = any(inspect.api_role_ids())
