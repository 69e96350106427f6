-- What the desk looks at. Ours are the defaults; on another database, name yours for the session:
--
--   set inspect.schemas = 'public, api';         -- what is inspected
--   set inspect.exposed_schemas = 'api';         -- what callers reach
--   set inspect.tenant_column = 'org_id';
--   set inspect.api_roles = 'authenticated, anon';
--   set inspect.context_schema = 'auth';         -- the functions that policies ask who is calling
--
-- Lists are separated by commas; a name that holds one is quoted as in SQL. A setting that is empty means its default.

create or replace function inspect.schemas() returns text[]
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select inspect.names_in(coalesce(nullif(current_setting('inspect.schemas', true), ''), 'app, auth, context, audit, jobs, tenancy'))
$$;
comment on function inspect.schemas() is 'The schemas that are inspected: the setting inspect.schemas.';

create or replace function inspect.exposed_schemas() returns text[]
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select inspect.names_in(coalesce(nullif(current_setting('inspect.exposed_schemas', true), ''), 'app'))
$$;
comment on function inspect.exposed_schemas() is 'The schemas that callers reach: the setting inspect.exposed_schemas.';

create or replace function inspect.tenant_column() returns text
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select trim(both from coalesce(nullif(current_setting('inspect.tenant_column', true), ''), 'tenant_id'))
$$;
comment on function inspect.tenant_column() is 'The column that says whose a row is: the setting inspect.tenant_column.';

create or replace function inspect.api_roles() returns text[]
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select inspect.names_in(coalesce(nullif(current_setting('inspect.api_roles', true), ''), 'rowhouse_app'))
$$;
comment on function inspect.api_roles() is 'The roles that callers'' statements run as: the setting inspect.api_roles.';

create or replace function inspect.context_schema() returns text
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select trim(both from coalesce(nullif(current_setting('inspect.context_schema', true), ''), 'context'))
$$;
comment on function inspect.context_schema() is
    'The schema of the functions that tell policies who is calling: the setting inspect.context_schema.';
