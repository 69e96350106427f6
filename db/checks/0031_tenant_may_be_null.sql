-- title: A row may belong to no tenant
-- level: error
-- rationale: null equals nothing, so such a row is invisible to every policy, escapes every unique key, and is found only when it
--   is missing.
-- mend: Require it; rows without a tenant must be dealt with first.
select name || '.' || inspect.tenant_column() as object,
    'may be null' as detail,
    format('alter table %s alter column %I set not null;', name, inspect.tenant_column()) as mend
from inspect.checked_tables()
join pg_attribute on attrelid = id and attnum = tenant and not attnotnull
where exposed and reached and not partition
