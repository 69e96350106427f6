-- Whether there is something to send that nobody has in hand: asked every other second, so it reads one index.
set local role rowhouse_definer;
create or replace function jobs.webhooks_due() returns boolean
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    select exists (
        select from app.webhook_deliveries as due
        join app.webhook_endpoints as endpoint on endpoint.tenant_id = due.tenant_id and endpoint.id = due.endpoint_id
        join app.tenants as tenant on tenant.id = due.tenant_id and tenant.status = 'active'
        where due.state = 'pending' and due.next_attempt_at <= now()
            and (endpoint.active or due.type = 'webhook.test')
            and (endpoint.lent_until is null or endpoint.lent_until <= now())
    )
$$;
grant execute on function jobs.webhooks_due() to rowhouse_worker;
comment on function jobs.webhooks_due() is 'Whether an event waits for an endpoint that no worker has in hand.';
reset role;
