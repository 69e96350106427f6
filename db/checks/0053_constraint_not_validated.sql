-- title: A constraint that was never checked
-- level: warning
-- rationale: NOT VALID binds new rows only. Foreign keys to other tenants and forbidden values from before are still there, and
--   the schema says that they are not.
-- mend: Validate it; rows that break it must be dealt with first.
select format('constraint %s on %s', conname, name) as object,
    'is not valid: rows from before were not checked' as detail,
    format('alter table %s validate constraint %I;', name, conname) as mend
from inspect.checked_tables() as checked
join pg_constraint on conrelid = checked.id and not convalidated
