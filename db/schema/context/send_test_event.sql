-- Writes a test event for an endpoint, whatever it subscribes to and also while it is off. There is one at a time, and it is
-- tried once: nobody has us call an address more often than we can. Returns its id.
set local role rowhouse_definer;
create or replace function context.send_test_event(endpoint uuid) returns uuid
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tenant constant uuid := context.tenant_requiring('manage_webhooks');
    event  uuid;
begin
    perform from app.webhook_endpoints as mine
    where mine.tenant_id = tenant and mine.id = endpoint for no key update;
    if not found then
        raise exception using errcode = 'RH404', message = 'there is no such webhook endpoint';
    end if;
    select waiting.id into event from app.webhook_deliveries as waiting
    where waiting.tenant_id = tenant and waiting.endpoint_id = endpoint
        and waiting.state = 'pending' and waiting.type = 'webhook.test';
    if event is null then
        insert into app.webhook_deliveries (tenant_id, endpoint_id, type, data)
        values (tenant, endpoint, 'webhook.test', jsonb_build_object('endpoint_id', endpoint))
        returning id into event;
    end if;
    return event;
end
$$;
grant execute on function context.send_test_event(uuid) to rowhouse_app;
comment on function context.send_test_event(uuid) is
    'Writes a test event for an endpoint of the caller''s tenant, unless one waits. Raises RH403, RH404.';
reset role;
