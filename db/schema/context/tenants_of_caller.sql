-- The caller's companies, whichever of them the session is for: it sees one, and somebody who wants to change over has to see
-- the others. Nothing of a company is told but what its members know, and none that the caller left.
--
-- A key is for one company, and does not learn where else its owner works: RH403.
set local role rowhouse_definer;
create or replace function context.tenants_of_caller() returns setof app.tenancy
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
declare
    body constant text := context.open_seal();
begin
    perform context.require_session();
    return query
        select
            tenant.id, tenant.slug, tenant.name, tenant.status, mine.status, role.name, mine.is_owner, mine.created_at,
            coalesce(tenant.id = context.tenant_in(body), false)
        from app.memberships as mine
        join app.tenants as tenant on tenant.id = mine.tenant_id
        join app.roles as role on role.tenant_id = mine.tenant_id and role.id = mine.role_id
        where mine.user_id = context.user_in(body) and mine.status <> 'removed'
        order by tenant.id is not distinct from context.tenant_in(body) desc, tenant.slug, tenant.id
        limit 100;
end
$$;
grant execute on function context.tenants_of_caller() to rowhouse_app;
comment on function context.tenants_of_caller() is
    'The companies that the caller belongs to, the one of the session first, a hundred at most; RH403 for an API key.';
reset role;
