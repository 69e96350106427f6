-- Who can do what, and why: a row for each way in which somebody, or a key, comes by a permission just now. The door works the
-- same out for one holder (session_holders.sql, api_key_holders.sql); a test compares the two.
create or replace view context.holdings with (security_invoker = true) as
    with members as (
        select membership.tenant_id, membership.id, membership.user_id, membership.role_id, membership.is_owner, membership.display_name
        from app.memberships as membership
        join app.users as person on person.id = membership.user_id
        join app.tenants as tenant on tenant.id = membership.tenant_id
        where membership.status = 'active' and person.status = 'active' and (tenant.allows_guests or not person.is_guest)
    ),
    held as (
        select member.tenant_id, member.id, member.user_id, member.display_name, own.permission, role.id as role_id, null::uuid as grant_id
        from members as member
        join app.roles as role on role.tenant_id = member.tenant_id and role.id = member.role_id
        cross join unnest(role.permissions) as own (permission)
        union all
        select member.tenant_id, member.id, member.user_id, member.display_name, live.permission, null, live.id
        from members as member
        join app.grants as live on live.tenant_id = member.tenant_id and live.user_id = member.user_id
        where live.ends_at > statement_timestamp()
    ),
    keys as (
        select key.tenant_id, key.id, key.user_id, key.role_id, key.name, key.scopes from auth.api_keys as key
        where key.revoked_at is null and (key.expires_at is null or key.expires_at > statement_timestamp())
    )
    select tenant_id, id as holder_id, user_id, null::uuid as api_key_id, display_name as name, permission, role_id, grant_id
    from held
    union all
    -- No permission of the catalogue, but what a refusal names.
    select tenant_id, id, user_id, null, display_name, 'owner', null, null from members where is_owner
    union all
    select held.tenant_id, key.id, held.user_id, key.id, key.name, held.permission, held.role_id, held.grant_id
    from keys as key
    join held on held.tenant_id = key.tenant_id and held.user_id = key.user_id and held.permission = any (key.scopes)
    union all
    select key.tenant_id, key.id, null, key.id, key.name, own.permission, role.id, null
    from keys as key
    join app.roles as role on role.tenant_id = key.tenant_id and role.id = key.role_id
    cross join unnest(role.permissions) as own (permission)
    where key.user_id is null and own.permission = any (key.scopes);
grant select on context.holdings to rowhouse_definer;
comment on view context.holdings is
    'Every way in which a member or a key comes by a permission just now: owner, role, grant, and the scopes of a key.';
