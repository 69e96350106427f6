-- Endpoints for which something is due, and since when. It leaps from endpoint to endpoint over the index of what is pending,
-- so that it costs as much as there are endpoints with something to come, and not as much as waits for them: nobody's backlog,
-- be it of an endpoint that is off or slow, makes it dear for all.
set local role rowhouse_definer;
create or replace function jobs.webhook_endpoints_due() returns table (tenant_id uuid, endpoint_id uuid, since timestamptz)
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    with recursive waiting as (
        (
            select one.tenant_id, one.endpoint_id from app.webhook_deliveries as one
            where one.state = 'pending' order by one.tenant_id, one.endpoint_id limit 1
        )
        union all
        select further.tenant_id, further.endpoint_id
        from waiting cross join lateral (
            select one.tenant_id, one.endpoint_id from app.webhook_deliveries as one
            where one.state = 'pending' and (one.tenant_id, one.endpoint_id) > (waiting.tenant_id, waiting.endpoint_id)
            order by one.tenant_id, one.endpoint_id limit 1
        ) as further
    )
    select endpoint.tenant_id, endpoint.id, first.next_attempt_at
    from waiting
    join app.webhook_endpoints as endpoint on endpoint.tenant_id = waiting.tenant_id and endpoint.id = waiting.endpoint_id
    join app.tenants as tenant on tenant.id = endpoint.tenant_id and tenant.status = 'active'
    cross join lateral (
        (
            select one.next_attempt_at from app.webhook_deliveries as one
            where endpoint.active
                and one.tenant_id = endpoint.tenant_id and one.endpoint_id = endpoint.id and one.state = 'pending'
            order by one.next_attempt_at limit 1
        )
        union all
        (
            select one.next_attempt_at from app.webhook_deliveries as one
            where not endpoint.active
                and one.tenant_id = endpoint.tenant_id and one.endpoint_id = endpoint.id
                and one.state = 'pending' and one.type = 'webhook.test'
            limit 1
        )
    ) as first
    where first.next_attempt_at <= now() and (endpoint.lent_until is null or endpoint.lent_until <= now())
$$;
comment on function jobs.webhook_endpoints_due() is
    'Endpoints that no worker has in hand, for which an event is due, and since when.';
reset role;
