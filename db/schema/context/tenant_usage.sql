-- For app.my_usage(): limits and use of the caller's tenant, for who manages it (RH403 otherwise).
set local role rowhouse_definer;
create or replace function context.tenant_usage() returns app.tenant_usage
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
declare
    usage app.tenant_usage;
begin
    if not context.may('manage_tenant') then
        perform context.refuse('manage_tenant');
    end if;
    select
        tenant.seats,
        (select count(*) from app.memberships as membership
            where membership.tenant_id = tenant.id and membership.status = 'active'),
        tenant.key_limit, auth.keys_in_use(tenant.id), tenant.requests_per_minute,
        tenant.requests_per_day, least(auth.requests_today(tenant.id), 2147483647),
        tenant.storage_limit, context.storage_in_use(tenant.id)
    into usage
    from app.tenants as tenant where tenant.id = context.tenant_id();
    return usage;
end
$$;
grant execute on function context.tenant_usage() to rowhouse_app;
comment on function context.tenant_usage() is
    'Limits of the caller''s tenant and what it uses of them, for who holds manage_tenant.';
reset role;
