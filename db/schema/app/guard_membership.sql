-- What a policy cannot say, because it compares the row with what it was and with its role:
-- members may change their own name and picture, but role, status and ownership want `manage_users`;
-- nobody gives a role that holds more than they do, or touches somebody who holds more;
-- only an owner makes or unmakes an owner. To leave takes nothing but being signed in.
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
        from app.roles as role cross join unnest(role.permissions) as held (permission)
        where role.tenant_id = old.tenant_id and role.id in (old.role_id, new.role_id)
            and not context.may(held.permission)
        order by held.permission limit 1;
        if missing is not null then
            perform context.refuse(missing);
        end if;
    end if;
    if (old.is_owner or new.is_owner) and not context.is_owner()
        and (new.role_id, new.status, new.is_owner) is distinct from (old.role_id, old.status, old.is_owner)
    then
        perform context.refuse('owner');
    end if;
    return new;
end
$$;
grant execute on function app.guard_membership() to rowhouse_owner;
comment on function app.guard_membership() is
    'Trigger: role, status and ownership of a member change only at the hands of somebody who holds at least as much (RH403 names what is missing).';
reset role;

create or replace trigger guard_membership before update on app.memberships
    for each row execute function app.guard_membership();
