-- Who holds a permission just now, company by company, and by what: a row for each way, as whoCan tells each company of itself
-- (context.holdings), and one for each access of the operator's support that opens the door, as the door judges it. A role
-- that holds it and that nobody has is a row without a holder: the next member who is given it has it too.
set local role rowhouse_definer;
create or replace function inspect.holders(permission text)
    returns table (
        tenant uuid, slug text, source text, holder uuid, user_id uuid, api_key_id uuid, role_name text,
        grant_id uuid, granted_by uuid, ends_at timestamptz, reads_only boolean
    )
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    with ways as (
        select
            way.tenant_id, case when way.grant_id is not null then 'grant' when way.role_id is not null then 'role' else 'owner' end as source,
            way.holder_id, way.user_id, way.api_key_id, way.role_id, way.grant_id, live.granted_by, live.ends_at, false as reads_only
        from context.holdings as way
        left join app.grants as live on live.tenant_id = way.tenant_id and live.id = way.grant_id
        join app.tenants as tenant on tenant.id = way.tenant_id and tenant.status = 'active'
        where way.permission = holders.permission
        union all
        select
            access.tenant_id, 'support', access.id, access.user_id, null, membership.role_id, null, null, access.expires_at,
            not entering.writes
        from context.support_holders as entering
        join auth.support_accesses as access on access.digest = entering.digest
        left join app.memberships as membership on membership.tenant_id = access.tenant_id and membership.user_id = access.user_id
        where context.fault_of(entering.holder, '{}') is null and holders.permission = any ((entering.holder).permissions)
    ),
    unheld as (
        select role.tenant_id, role.id from app.roles as role
        where holders.permission = any (role.permissions) and not exists (
            select from ways where ways.tenant_id = role.tenant_id and ways.role_id = role.id and ways.source = 'role' and ways.api_key_id is null
        )
    )
    select
        company.id, company.slug, way.source, way.holder_id, way.user_id, way.api_key_id, role.name,
        way.grant_id, way.granted_by, way.ends_at, way.reads_only
    from (
        select * from ways
        union all
        select tenant_id, 'role', null, null, null, id, null, null, null, false from unheld
    ) as way
    join app.tenants as company on company.id = way.tenant_id
    left join app.roles as role on role.tenant_id = way.tenant_id and role.id = way.role_id
    order by company.slug, way.source, role.name, way.holder_id, way.grant_id
$$;
grant execute on function inspect.holders(text) to rowhouse_auditor;
comment on function inspect.holders(text) is
    'Who holds a permission just now, and by what: source is owner, role, grant (until ends_at) or support (while it lasts, reading only or not), with api_key_id within the scopes of a key. A role that nobody has comes without a holder. "owner" asks for the owners.';
reset role;
