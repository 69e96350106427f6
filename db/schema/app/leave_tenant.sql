-- Needs no permission: app.guard_membership() lets everybody go, and app.keep_an_owner() nobody who is the last owner.
create or replace function app.leave_tenant() returns app.memberships
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    -- Asked once: compared with a value, the own row is found before the policy asks of others for what leaving does not take.
    caller constant uuid := context.user_id();
    mine   app.memberships;
begin
    perform context.require_session();
    update app.memberships as membership set status = 'removed', is_owner = false
    where membership.user_id = caller returning * into mine;
    if not found then
        raise exception using errcode = 'RH404', message = 'you are in no tenant';
    end if;
    return mine;
end
$$;
grant execute on function app.leave_tenant() to rowhouse_app;
comment on function app.leave_tenant() is
    'Takes the caller out of the tenant that they are in; the last owner makes somebody else one first.';
