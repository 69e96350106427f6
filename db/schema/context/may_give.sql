-- Whether the caller may give others a permission, for good or for a time: they hold it now, and by their role. What somebody
-- was granted for a time they cannot pass on, or it would outlast its end in the hands of a friend, or in their own.
set local role rowhouse_definer;
create or replace function context.may_give(permission text) returns boolean
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
begin
    return context.may(permission) and exists (
        select from app.roles as role
        where role.tenant_id = context.tenant_id() and may_give.permission = any (role.permissions) and role.id in (
            select membership.role_id from app.memberships as membership
            where membership.tenant_id = context.tenant_id() and membership.user_id = context.user_id()
            union all
            select own.role_id from auth.api_keys as own
            where own.tenant_id = context.tenant_id() and own.id = context.user_id()
        )
    );
end
$$;
comment on function context.may_give(text) is
    'Whether the caller holds the permission by their role, and not for a time only: what nobody may give who does not.';
reset role;
