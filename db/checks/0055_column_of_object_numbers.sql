-- title: A column that pg_upgrade refuses
-- level: warning
-- rationale: regproc, regoper and their like store an object's number, which another server gives to something else; pg_upgrade
--   stops at such a column.
-- mend: Store the name.
-- splinter: 0018
select format('%s.%s', name, quote_ident(attname)) as object,
    'is of type ' || format_type(atttypid, null) as detail,
    format('alter table %s alter column %I type text;', name, attname) as mend
from inspect.checked_tables() as checked
join pg_attribute on attrelid = checked.id and attnum > 0 and not attisdropped
where atttypid in ('regcollation'::regtype, 'regconfig'::regtype, 'regdictionary'::regtype, 'regnamespace'::regtype,
    'regoper'::regtype, 'regoperator'::regtype, 'regproc'::regtype, 'regprocedure'::regtype)
