-- title: A policy names one tenant
-- level: warning
-- rationale: A tenant's number in a policy is a back door or a debugging line: it works for whoever is that tenant in this
--   database, and for somebody else in the next.
-- mend: Compare with the caller's tenant.
select label as object,
    'compares the tenant with a constant' as detail,
    closing as mend
from inspect.checked_policies()
where tenant is not null
    and coalesce(using_, '') || ' ' || coalesce(check_, '') ~ ('\m' || inspect.tenant_column() || ' = (''|[0-9]|ANY \(''|\(''|ANY \(ARRAY\[)')
