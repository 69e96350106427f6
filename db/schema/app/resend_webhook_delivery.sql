create or replace function app.resend_webhook_delivery(id uuid) returns app.webhook_deliveries
    language plpgsql volatile strict parallel unsafe security invoker
    set search_path = ''
as $$
declare
    event constant uuid := context.resend_webhook(resend_webhook_delivery.id);
    sent  app.webhook_deliveries;
begin
    select * into sent from app.webhook_deliveries as mine where mine.id = event;
    return sent;
end
$$;
grant execute on function app.resend_webhook_delivery(uuid) to rowhouse_app;
comment on function app.resend_webhook_delivery(uuid) is
    'Sends a delivery again, with the id and the sequence that it had: a dead letter, or one that the receiver lost.';
