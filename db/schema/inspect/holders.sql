-- Who holds a permission: tenant by tenant, which roles, and how many active members have them.
set local role rowhouse_definer;
create or replace function inspect.holders(permission text)
    returns table (tenant uuid, slug text, role_name text, members bigint, owners bigint)
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select
        company.id, company.slug, role.name,
        count(membership.id) filter (where membership.status = 'active' and person.status = 'active'),
        count(membership.id) filter (where membership.status = 'active' and person.status = 'active' and membership.is_owner)
    from app.roles as role
    join app.tenants as company on company.id = role.tenant_id
    left join app.memberships as membership on membership.tenant_id = role.tenant_id and membership.role_id = role.id
    left join app.users as person on person.id = membership.user_id
    where holders.permission = any (role.permissions)
    group by company.id, company.slug, role.id, role.name
    order by company.slug, role.name
$$;
grant execute on function inspect.holders(text) to rowhouse_auditor;
comment on function inspect.holders(text) is
    'The roles that hold a permission, tenant by tenant, with the number of active members and owners who have them.';
reset role;
