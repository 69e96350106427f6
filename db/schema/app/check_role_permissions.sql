-- A role holds only permissions of the catalogue, each once, in order; nobody puts in what they do not hold, or hold for
-- a time only (context.may_give). What the role of
-- others may do changes at the hands of somebody who proved lately who they are, or of a key with the scope.
set local role rowhouse_definer;
create or replace function app.check_role_permissions() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    unknown text;
    missing text;
begin
    select name into unknown from unnest(new.permissions) as wanted (name)
    where not exists (select from app.permissions as permission where permission.name = wanted.name)
    order by name limit 1;
    if unknown is not null then
        raise exception using
            errcode = 'RH400',
            message = format('there is no permission %s', to_json(unknown)),
            column = 'permissions',
            constraint = 'roles_permissions_known',
            hint = 'The catalogue is app.permissions.';
    end if;
    if context.is_caller() then
        -- Whoever entered another of their tenants in the middle of the statement shows what they hold there.
        if context.tenant_id() is distinct from new.tenant_id then
            perform context.refuse('broken_seal');
        end if;
        select name into missing from unnest(new.permissions) as wanted (name)
        where not context.may_give(name) order by name limit 1;
        if missing is not null then
            perform context.refuse(missing);
        end if;
        if tg_op = 'UPDATE' and context.kind_in(context.actor()) = 'session' then
            perform context.require_fresh_sign_in();
        end if;
    end if;
    new.permissions := array(select distinct name from unnest(new.permissions) as wanted (name) order by name);
    return new;
end
$$;
grant execute on function app.check_role_permissions() to rowhouse_owner;
comment on function app.check_role_permissions() is
    'Trigger: a role holds only permissions of the catalogue (RH400) and only what its maker holds (RH403 naming the first missing one); its permissions change with a fresh sign-in only (RH440).';
reset role;

create or replace trigger check_role_permissions before insert or update of permissions on app.roles
    for each row execute function app.check_role_permissions();
