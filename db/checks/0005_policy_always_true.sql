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
    case when tenant is null then format('drop policy %I on %s;', name, on_table)
        else coalesce(inspect.hold_to_tenant(id), '-- Nothing here tells whose rows a caller may see: say it in a function, and compare the tenant with that.') end as mend
from inspect.checked_policies(),
    lateral (select coalesce(inspect.constant(using_, relation), false) as open_using, coalesce(inspect.constant(check_, relation), false) as open_check) as found
where permissive and served and secured and (open_using or open_check)
