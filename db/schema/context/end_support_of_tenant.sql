-- An admin shows the operator out: the access opens nothing from the commit on. RH404 for one that is not of the caller's
-- company, is over, or never was, whichever it is.
set local role rowhouse_definer;
create or replace function context.end_support_of_tenant(access uuid) returns app.support_access
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tenant constant uuid := context.tenant_requiring('manage_tenant');
    ended  app.support_access;
begin
    update auth.support_accesses as running set ended_at = now(), end_reason = 'tenant'
    where running.tenant_id = tenant and running.id = access and running.ended_at is null and running.expires_at > now()
    returning
        running.id, running.operator, running.reason, running.user_id, running.may_write,
        running.created_at, running.expires_at, running.ended_at, running.end_reason, false
    into ended;
    if not found then
        raise exception using
            errcode = 'RH404', message = 'no such access for support is running here', hint = 'It may have ended by itself.';
    end if;
    return ended;
end
$$;
grant execute on function context.end_support_of_tenant(uuid) to rowhouse_app;
comment on function context.end_support_of_tenant(uuid) is
    'Ends a running access for support in the caller''s company; wants manage_tenant.';
reset role;
