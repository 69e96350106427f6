-- A grant is of a permission of the catalogue, which its giver holds by their role (context.may_give), for a member who is no
-- guest and was not removed, and takes somebody who proved lately who they are, or a key with the scope. It stands until it
-- ends, also when its giver loses the right: whoever demotes them sees in whoCan what they gave, and can end it.
set local role rowhouse_definer;
create or replace function app.guard_grant() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    place app.memberships;
begin
    if not context.is_caller() then
        return new;
    end if;
    -- Whoever entered another of their tenants in the middle of the statement shows what they hold there.
    if context.tenant_id() is distinct from new.tenant_id then
        perform context.refuse('broken_seal');
    end if;
    if not context.may('manage_users') then
        perform context.refuse('manage_users');
    end if;
    if not exists (select from app.permissions as permission where permission.name = new.permission) then
        raise exception using
            errcode = 'RH400',
            message = format('there is no permission %s', to_json(new.permission)),
            column = 'permission',
            constraint = 'grants_permission_known',
            hint = 'The catalogue is app.permissions.';
    end if;
    if not context.may_give(new.permission) then
        perform context.refuse(new.permission);
    end if;
    place := context.lock_colleague(new.tenant_id, new.user_id);
    if place.status = 'removed' then
        raise exception using
            errcode = 'RH400',
            message = 'who was removed from the company is granted nothing',
            column = 'user_id',
            constraint = 'grants_present';
    end if;
    if context.kind_in(context.actor()) = 'session' then
        perform context.require_fresh_sign_in();
    end if;
    return new;
end
$$;
grant execute on function app.guard_grant() to rowhouse_owner;
comment on function app.guard_grant() is
    'Trigger: a grant is of a permission of the catalogue (RH400) that its giver holds by their role (RH403 naming it), for no guest (RH403, account) and nobody who was removed (RH400), from who signed in lately (RH440).';
reset role;

create or replace trigger guard_grant before insert on app.grants
    for each row execute function app.guard_grant();
