-- What a policy cannot say, because it compares the row with what it was and with its role:
-- members may change their own name and picture, but role, status and ownership want `manage_users`;
-- nobody gives a role that holds more than they do, or touches somebody who holds more, by a role or for a time; and what
-- somebody holds for a time only does not count, because what they change stays (context.may_give);
-- only an owner makes or unmakes an owner; a guest's role changes once they have an account, and nobody becomes a guest;
-- and each of these takes somebody who proved lately who they are, because it gives or takes what others may do. A key proves
-- nothing anew: its scopes are the consent, and an owner it is never. To leave takes nothing but being signed in.
set local role rowhouse_definer;
create or replace function app.guard_membership() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    missing text;
begin
    if not context.is_caller() then
        return new;
    end if;
    -- Whoever entered another of their tenants in the middle of the statement shows what they hold there.
    if context.tenant_id() is distinct from old.tenant_id then
        perform context.refuse('broken_seal');
    end if;
    -- Everybody may go, and takes nothing with them.
    if new.user_id = context.user_id() and new.status = 'removed' and new.role_id = old.role_id and not new.is_owner
        and context.kind_in(context.actor()) = 'session'
    then
        return new;
    end if;
    if (new.role_id, new.status, new.is_owner) is distinct from (old.role_id, old.status, old.is_owner) then
        if not context.may('manage_users') then
            perform context.refuse('manage_users');
        end if;
        select held.permission into missing
        from (
            select unnest(role.permissions) from app.roles as role
            where role.tenant_id = old.tenant_id and role.id in (old.role_id, new.role_id)
            union
            select live.permission from app.grants as live
            -- What the catalogue has not, permits nothing.
            join app.permissions as known on known.name = live.permission
            where live.tenant_id = old.tenant_id and live.user_id = old.user_id and live.ends_at > now()
        ) as held (permission)
        where not context.may_give(held.permission)
        order by held.permission limit 1;
        if missing is not null then
            perform context.refuse(missing);
        end if;
    end if;
    if (new.role_id, new.is_owner) is distinct from (old.role_id, old.is_owner) then
        -- Who cannot be asked who they are, is given nothing.
        if exists (select from app.users as person where person.id = old.user_id and person.is_guest) then
            perform context.refuse('account');
        end if;
        -- What a member made as a member, such as API keys, would outlast it.
        if new.role_id <> old.role_id and exists (
            select from app.roles as role
            where role.tenant_id = old.tenant_id and role.id = new.role_id and role.built_in and role.name = 'guest'
        ) then
            raise exception using
                errcode = 'RH400',
                message = 'a member does not become a guest',
                column = 'role_id',
                constraint = 'memberships_guest_role',
                hint = 'Suspend or remove them, or give them a role of your own with little in it.';
        end if;
    end if;
    if (old.is_owner or new.is_owner) and not context.is_owner()
        and (new.role_id, new.status, new.is_owner) is distinct from (old.role_id, old.status, old.is_owner)
    then
        perform context.refuse('owner');
    end if;
    -- Last, so that nobody is asked for a password for what they may not do anyway.
    if (new.role_id, new.status, new.is_owner) is distinct from (old.role_id, old.status, old.is_owner)
        and context.kind_in(context.actor()) = 'session'
    then
        perform context.require_fresh_sign_in();
    end if;
    return new;
end
$$;
grant execute on function app.guard_membership() to rowhouse_owner;
comment on function app.guard_membership() is
    'Trigger: role, status and ownership of a member change only at the hands of somebody who holds at least as much (RH403 names what is missing) and signed in lately (RH440).';
reset role;

create or replace trigger guard_membership before update on app.memberships
    for each row execute function app.guard_membership();
