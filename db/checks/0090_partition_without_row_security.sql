-- title: A partition without row security of its own
-- level: error
-- rationale: It does not inherit its parent's. The first grant on it, or its owner, reads every tenant's rows in it.
-- mend: Enable and force it; without a policy nobody gets in this way.
select name as object,
    case when bound then 'does not have row security enabled and forced' else 'does not have row security enabled' end as detail,
    closing as mend
from inspect.checked_tables()
where partition and not (secured and (forced or not bound))
