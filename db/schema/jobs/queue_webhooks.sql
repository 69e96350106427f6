-- The outbox: one row for each endpoint that wants to hear, in the transaction of what it tells of. So what was rolled back
-- is never told, and what was committed always is.
--
-- data: ids and closed words, and nothing that says who somebody is: it leaves the house, and is kept where we cannot delete
set local role rowhouse_definer;
create or replace function jobs.queue_webhooks(tenant uuid, type text, data jsonb) returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    insert into app.webhook_deliveries (tenant_id, endpoint_id, type, data)
    select endpoint.tenant_id, endpoint.id, queue_webhooks.type, queue_webhooks.data
    from app.webhook_endpoints as endpoint
    where endpoint.tenant_id = tenant and endpoint.active and queue_webhooks.type = any (endpoint.events)
$$;
comment on function jobs.queue_webhooks(uuid, text, jsonb) is
    'Writes an event for each endpoint of the tenant that subscribed to it, in the caller''s transaction.';
reset role;
