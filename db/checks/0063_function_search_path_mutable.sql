-- title: A function that takes its caller's search path
-- level: warning
-- rationale: What its names mean depends on who calls it, also from a policy, a trigger or an index. A SQL body that was bound
--   when it was made (begin atomic, return) has no names left to look up and is fine.
-- mend: Pin an empty search path, and qualify every name in the body.
-- splinter: 0011
select 'function ' || name as object,
    'does not pin its search path' as detail,
    format('alter routine %s set search_path = '''';', name) as mend
from inspect.checked_functions()
where not definer and path is null and not bound
