-- title: A trigger that is switched off
-- level: error
-- rationale: "Disable trigger all" for a data load also switches off the trail and the foreign keys, and nothing reminds anybody to
--   switch them on again.
-- mend: Enable it.
select format('trigger %s on %s', string_agg(quote_ident(tgname), ', ' order by tgname), name) as object,
    case when bool_or(tgisinternal) then 'is disabled, and foreign keys with it' else 'is disabled' end as detail,
    string_agg(format('alter table %s enable trigger %I;', name, tgname), ' ' order by tgname) as mend
from inspect.checked_tables()
join pg_trigger on tgrelid = id and tgenabled = 'D'
group by name
