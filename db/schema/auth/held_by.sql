-- What a member may do in a tenant, whoever asks: nothing, if they are not active there, or banned. For promises that are
-- redeemed later, when whoever made them has no context.
set local role rowhouse_definer;
create or replace function auth.held_by(tenant uuid, person uuid) returns text[]
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select coalesce((
        select role.permissions
        from app.memberships as membership
        join app.users as known on known.id = membership.user_id
        join app.roles as role on role.tenant_id = membership.tenant_id and role.id = membership.role_id
        where membership.tenant_id = tenant and membership.user_id = person
            and membership.status = 'active' and known.status = 'active'
    ), '{}')
$$;
comment on function auth.held_by(uuid, uuid) is
    'The permissions of a member as they are now; none of who is suspended, removed, banned or no member.';
reset role;
