-- For how many months the trail of a tenant is kept; null: without end. What a tenant lowered counts once its delay is over, and
-- never undercuts the operator's least. A trail of which the tenant is gone, or never was, is kept as the operator has it.
set local role rowhouse_definer;
create or replace function audit.kept_months(tenant uuid) returns integer
    language sql stable parallel safe security definer
    set search_path = ''
as $$
    select case
        when place.id is null then rule.platform_months
        -- greatest() would take the least for a null.
        when wanted.months is not null then greatest(wanted.months, rule.least_months)
    end
    from audit.retention as rule
    left join app.tenants as place on place.id = tenant
    cross join lateral (
        select case when place.audit_retention_lowers_at > now() then place.audit_retention_before
            else place.audit_retention_months end as months
    ) as wanted
$$;
comment on function audit.kept_months(uuid) is
    'For how many months, beside the one that runs, the trail of a tenant is kept; null: without end.';
reset role;
