-- Needs no permission: app.guard_membership() lets everybody go, and app.keep_an_owner() nobody who is the last owner.
create or replace function app.leave_tenant() returns app.memberships
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    mine app.memberships;
begin
    perform context.require_session();
    update app.memberships as membership set status = 'removed', is_owner = false
    where membership.user_id = context.user_id() returning * into mine;
    return mine;
end
$$;
grant execute on function app.leave_tenant() to rowhouse_app;
comment on function app.leave_tenant() is
    'Takes the caller out of the tenant that they are in; the last owner makes somebody else one first.';
