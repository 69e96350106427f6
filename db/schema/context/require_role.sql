-- Refuses to hand out a role that holds more than the caller does: RH403 names the first permission that is missing. A role
-- that there is not in the caller's tenant is left to the foreign key, which says the same of one next door. What the caller
-- was granted for a time only does not count (context.may_give), and nobody with an account becomes a guest.
set local role rowhouse_definer;
create or replace function context.require_role(role_id uuid) returns void
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
declare
    missing text;
begin
    select held.permission into missing
    from app.roles as role cross join unnest(role.permissions) as held (permission)
    where role.tenant_id = context.tenant_id() and role.id = require_role.role_id
        and not context.may_give(held.permission)
    order by held.permission limit 1;
    if missing is not null then
        perform context.refuse(missing);
    end if;
    if exists (
        select from app.roles as role
        where role.tenant_id = context.tenant_id() and role.id = require_role.role_id and role.built_in and role.name = 'guest'
    ) then
        raise exception using
            errcode = 'RH400',
            message = 'a member does not become a guest',
            column = 'role_id',
            constraint = 'memberships_guest_role',
            hint = 'Give them a role of your own with little in it.';
    end if;
end
$$;
comment on function context.require_role(uuid) is
    'Raises RH403, naming what is missing, for a role that holds more than the caller does by their own, and RH400 for that of guests.';
reset role;
