-- title: A time that does not say where
-- level: warning
-- rationale: timestamp without time zone means whatever the session's setting makes of it, so an expiry or a trail entry moves by
--   hours between two clients. There is no index to lose: timestamptz is as small.
-- mend: Say that it was UTC, if it was.
select format('%s.%s', name, quote_ident(attname)) as object,
    'is timestamp without time zone' as detail,
    format('alter table %s alter column %I type timestamptz using %I at time zone ''UTC'';', name, attname, attname) as mend
from inspect.checked_tables() as checked
join pg_attribute on attrelid = checked.id and atttypid = 'timestamp'::regtype and not attisdropped and attnum > 0
where not partition
