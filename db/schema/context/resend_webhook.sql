-- Has a delivery that is over sent again, with the id and the sequence that it had, and with all its attempts. One that waits
-- is sent now. To an endpoint that is off it goes once that is on.
set local role rowhouse_definer;
create or replace function context.resend_webhook(delivery uuid) returns uuid
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tenant constant uuid := context.tenant_requiring('manage_webhooks');
begin
    update app.webhook_deliveries as mine set
        state = 'pending', settled_at = null, next_attempt_at = now(),
        attempts = case mine.state when 'pending' then mine.attempts else 0 end
    where mine.tenant_id = tenant and mine.id = delivery;
    if not found then
        raise exception using errcode = 'RH404', message = 'there is no such webhook delivery';
    end if;
    perform audit.record_event('webhook.resent', tenant, jsonb_build_object('delivery_id', delivery));
    return delivery;
end
$$;
grant execute on function context.resend_webhook(uuid) to rowhouse_app;
comment on function context.resend_webhook(uuid) is
    'Has a delivery of the caller''s tenant sent again. Raises RH403, RH404.';
reset role;
