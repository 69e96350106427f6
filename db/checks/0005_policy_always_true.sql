-- title: A policy lets every row through
-- level: error
-- rationale: using (true), 1 = 1 or "… or true" is row security in name only, and since permissive policies add up, it
--   undoes all the others of its command. Often a debugging line that stayed. Policies to the table's owner or to
--   the owner of SECURITY DEFINER functions are not counted: they write down what those reach.
-- mend: Hold the policy to the caller's tenant; where there is no tenant column, drop it.
-- splinter: 0024
select label as object,
    format('%s is always true for %s', case when open_using and open_check then 'using and with check' when open_using then 'using' else 'with check' end,
        command) as detail,
    closing as mend
from inspect.checked_policies(),
    lateral (select '^\(?(true|1 = 1)\)?$|\mOR \(?(true|\(1 = 1\))|^\(+true OR '::text as always) as pattern,
    lateral (select coalesce(using_ ~ always, false) as open_using, coalesce(check_ ~ always, false) as open_check) as found
where permissive and served and secured and (open_using or open_check)
