-- title: A function declared leakproof
-- level: warning
-- rationale: LEAKPROOF lets a function see rows before their policies do. If it raises, logs or is slow depending on its argument,
--   it tells its caller about rows of other tenants. Only a superuser can declare it, and is believed.
-- mend: Take the declaration back.
select 'function ' || name as object,
    'is declared leakproof, so it sees rows before their policies do' as detail,
    format('alter function %s not leakproof;', name) as mend
from inspect.checked_functions() as checked
join pg_proc on pg_proc.oid = checked.id and proleakproof
