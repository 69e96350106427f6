-- For an access review (docs/audit/report.md): whose access it is, and what the company asks of everybody. No row where there
-- is no such tenant, or no more.
set local role rowhouse_definer;
create or replace function audit.describe_tenant(tenant uuid)
    returns table (
        id uuid, slug text, name text, status text, created_at timestamptz, requires_second_factor boolean, sign_in_ways text[],
        session_idle_minutes integer, session_lifetime_minutes integer, support_access text, allows_guests boolean, guests bigint
    )
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select
        place.id, place.slug, place.name, place.status, place.created_at, place.requires_second_factor, place.sign_in_ways,
        place.session_idle_minutes, place.session_lifetime_minutes, place.support_access, place.allows_guests,
        (
            select count(*) from app.memberships as membership
            join app.users as person on person.id = membership.user_id
            where membership.tenant_id = place.id and person.is_guest and membership.status = 'active'
        )
    from app.tenants as place
    where place.id = describe_tenant.tenant
$$;
grant execute on function audit.describe_tenant(uuid) to rowhouse_auditor;
comment on function audit.describe_tenant(uuid) is
    'For an access review: a tenant, what it asks of whoever signs in, and how many guests it has.';
reset role;
