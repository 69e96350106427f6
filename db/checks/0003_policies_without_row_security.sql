-- title: Policies exist, but row security is off
-- level: error
-- rationale: The policies look like protection in every listing and have no effect at all. It happens when row security
--   is switched off "for a moment" to load data.
-- mend: Enable and force row security.
-- splinter: 0007
select name as object,
    format('%s policies have no effect: row security is off', count(*)) as detail,
    closing as mend
from inspect.checked_tables() as checked
join pg_policy on polrelid = checked.id
where not secured
group by name, closing
