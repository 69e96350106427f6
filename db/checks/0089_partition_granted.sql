-- title: A partition that can be asked directly
-- level: error
-- rationale: Policies of the partitioned table do not apply to a query that names the partition; only the partition's own do.
-- mend: Revoke; queries through the parent need no grant on it.
select name as object,
    format('%s granted to %s', string_agg(distinct lower(privilege), ', '), string_agg(distinct grantee, ', ')) as detail,
    format('revoke all on %s from %s;', name, string_agg(distinct grantee, ', ')) as mend
from inspect.checked_grants()
where partition
group by name
