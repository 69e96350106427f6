-- title: The same policy twice
-- level: warning
-- rationale: Two policies that say the same: closing one leaves the other open, and nobody expects it.
-- mend: Drop the later one.
select second.label as object,
    format('says the same as "%s"', first.name) as detail,
    format('drop policy %I on %s;', second.name, second.on_table) as mend
from inspect.checked_policies() as first
join inspect.checked_policies() as second
    on second.relation = first.relation and second.id > first.id
    and second.command = first.command and second.permissive = first.permissive and second.roles = first.roles
    and second.using_ is not distinct from first.using_ and second.check_ is not distinct from first.check_
