-- What a member may do in a tenant by their role, whoever asks: nothing, if they are not active there, banned, or about to
-- be deleted. For promises that are redeemed later, when whoever made them has no context. What they hold for a time only they
-- cannot promise (context.may_give).
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
            and not exists (select from auth.deletions as leaving where leaving.user_id = known.id)
    ), '{}')
$$;
comment on function auth.held_by(uuid, uuid) is
    'The permissions of a member as they are now; none of who is suspended, removed, banned, about to be deleted or no member.';
reset role;
