-- title: A SECURITY DEFINER function that its caller can steer
-- level: error
-- rationale: It runs with its owner's rights but looks names up in the caller's search path, so a caller who can create a
--   table or function anywhere in that path has their code run as the owner (CVE-2018-1058; "Writing SECURITY DEFINER
--   functions safely" in the manual).
-- mend: Pin an empty search path, and qualify every name in the body.
-- splinter: 0011
select 'function ' || name as object,
    'is SECURITY DEFINER and takes the search path of its caller' as detail,
    format('alter routine %s set search_path = '''';', name) as mend
from inspect.checked_functions()
where definer and path is null
