-- For an access review: what the roles of a tenant may do, and how many people, keys and invitations have each.
set local role rowhouse_definer;
create or replace function audit.list_roles(tenant uuid)
    returns table (
        id uuid, name text, description text, built_in boolean, permissions text[], people bigint, guests bigint, keys bigint, invitations bigint
    )
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select
        role.id, role.name, role.description, role.built_in, role.permissions,
        held.people, held.guests,
        (
            select count(*) from auth.api_keys as key
            where key.tenant_id = role.tenant_id and key.role_id = role.id and key.revoked_at is null
                and (key.expires_at is null or key.expires_at > statement_timestamp())
        ),
        (
            select count(*) from app.invitations as invitation
            where invitation.tenant_id = role.tenant_id and invitation.role_id = role.id and invitation.status = 'pending'
        )
    from app.roles as role
    cross join lateral (
        select count(*) filter (where not person.is_guest) as people, count(*) filter (where person.is_guest) as guests
        from app.memberships as membership
        join app.users as person on person.id = membership.user_id
        where membership.tenant_id = role.tenant_id and membership.role_id = role.id and membership.status = 'active'
    ) as held
    where role.tenant_id = list_roles.tenant
$$;
grant execute on function audit.list_roles(uuid) to rowhouse_auditor;
comment on function audit.list_roles(uuid) is
    'For an access review: the roles of a tenant with their permissions, and how many people, keys and invitations have each.';
reset role;
