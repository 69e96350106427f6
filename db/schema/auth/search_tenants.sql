-- Tenants, newest first, as `rowhouse tenant list` tells them. Each argument but the last may be null: then it leaves none out.
--
-- standing: active, suspended or closed; search: part of a slug or a name, in any case
set local role rowhouse_definer;
create or replace function auth.search_tenants(standing text, search text, most integer)
    returns table (
        id uuid, slug text, name text, status text, members bigint, seats integer, created_at timestamptz,
        erased_from timestamptz
    )
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select tenant.id, tenant.slug, tenant.name, tenant.status,
        (select count(*) from app.memberships as membership
            where membership.tenant_id = tenant.id and membership.status = 'active'),
        tenant.seats, tenant.created_at, leaving.due_at
    from app.tenants as tenant
    left join auth.tenant_deletions as leaving on leaving.id = tenant.id
    where (standing is null or tenant.status = standing)
        and (search is null or strpos(tenant.slug, lower(search)) > 0 or strpos(lower(tenant.name), lower(search)) > 0)
    order by tenant.created_at desc, tenant.id desc
    limit most
$$;
grant execute on function auth.search_tenants(text, text, integer) to rowhouse_owner;
comment on function auth.search_tenants(text, text, integer) is
    'For the operator: tenants by status and part of their slug or name, newest first.';
reset role;
