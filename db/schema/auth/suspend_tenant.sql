-- Shuts a tenant for now. The door asks at every request, so its sessions and keys open nothing from the commit on, and are good
-- again when it is resumed. Outcomes: ok; already for one that is; closed for one that is to be erased.
set local role rowhouse_definer;
create or replace function auth.suspend_tenant(tenant uuid, reason text) returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    standing text;
    outcome  text;
begin
    if app.is_blank(coalesce(reason, '')) or length(reason) > 500 then
        raise exception using errcode = 'RH400', message = 'a suspension has a reason, of at most 500 characters';
    end if;
    select known.status into strict standing from app.tenants as known where known.id = tenant for no key update;
    outcome := case standing when 'active' then 'ok' when 'suspended' then 'already' else standing end;
    if outcome = 'ok' then
        update app.tenants as known set status = 'suspended' where known.id = tenant;
    end if;
    perform audit.record_event('tenant.suspended', tenant, jsonb_build_object('reason', reason, 'outcome', outcome));
    return outcome;
end
$$;
grant execute on function auth.suspend_tenant(uuid, text) to rowhouse_owner;
comment on function auth.suspend_tenant(uuid, text) is
    'For the operator: shuts a tenant for now, with a reason for the trail. Outcome: ok, already or closed.';
reset role;
