-- The tenants a person may sign in to, as the JSON array `tenants` of a token response.
set local role rowhouse_definer;
create or replace function auth.list_tenants(person uuid) returns jsonb
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select coalesce(
        jsonb_agg(jsonb_build_object('id', tenant.id, 'slug', tenant.slug, 'name', tenant.name) order by tenant.slug),
        '[]'
    )
    from app.memberships as membership
    join app.tenants as tenant on tenant.id = membership.tenant_id
    where membership.user_id = person and membership.status = 'active' and tenant.status = 'active'
$$;
comment on function auth.list_tenants(uuid) is 'The tenants a person may sign in to: [{id, slug, name}].';
reset role;
