select context.close_table('app.webhook_deliveries');

-- Not audited, and yet nobody empties it for all tenants at once.
create or replace trigger keep_whole before truncate on app.webhook_deliveries
    for each statement execute function audit.refuse_change();

-- Only to be read: events come from triggers, and are sent again by a function.
grant select (
    tenant_id, id, endpoint_id, type, data, sequence, state, attempts, next_attempt_at, response_status, failure, created_at, settled_at
) on app.webhook_deliveries to rowhouse_app;

create policy "nothing crosses the wall" on app.webhook_deliveries
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.webhook_deliveries is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "managers of webhooks see what was sent" on app.webhook_deliveries
    for select to rowhouse_app
    using (tenant_id = (select context.tenant_where('manage_webhooks')));
comment on policy "managers of webhooks see what was sent" on app.webhook_deliveries is
    'What went out, what waits and what was given up. It holds ids and no names of people.';

-- The definer's reach: the outbox and the queue.
grant select, insert, update, delete on app.webhook_deliveries to rowhouse_definer;
create policy "the queue keeps events until they are forgotten" on app.webhook_deliveries
    for all to rowhouse_definer using (true) with check (true);
comment on policy "the queue keeps events until they are forgotten" on app.webhook_deliveries is
    'jobs.queue_webhooks(), jobs.claim_webhooks(), jobs.settle_webhook(); context.send_test_event() and context.resend_webhook(); jobs.expire_webhooks() forgets them after thirty days.';
