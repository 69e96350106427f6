create or replace function app.send_test_event(endpoint_id uuid) returns app.webhook_deliveries
    language plpgsql volatile strict parallel unsafe security invoker
    set search_path = ''
as $$
declare
    event constant uuid := context.send_test_event(send_test_event.endpoint_id);
    sent  app.webhook_deliveries;
begin
    select * into sent from app.webhook_deliveries as mine where mine.id = event;
    return sent;
end
$$;
grant execute on function app.send_test_event(uuid) to rowhouse_app;
comment on function app.send_test_event(uuid) is
    'Sends the event webhook.test to an endpoint, once, whatever it subscribes to and also while it is off.';
