-- title: A table that a crash empties
-- level: warning
-- rationale: An unlogged table is truncated after a crash and is not on any standby. As a tenant's table it loses their data; as
--   an access list it loses the rules.
-- mend: Log it.
select name as object,
    'is unlogged' as detail,
    format('alter table %s set logged;', name) as mend
from inspect.checked_tables() as checked
join pg_class on pg_class.oid = checked.id and relpersistence = 'u'
