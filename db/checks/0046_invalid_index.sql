-- title: An index that is not valid
-- level: warning
-- rationale: What "create index concurrently" leaves behind when it fails: written to, never read, and a unique one enforces
--   nothing reliable.
-- mend: Build it again.
select indexrelid::regclass::text as object,
    'is not valid, so no query uses it' as detail,
    format('reindex index %s;', indexrelid::regclass) as mend
from inspect.checked_tables() as checked
join pg_index on indrelid = checked.id and not indisvalid
