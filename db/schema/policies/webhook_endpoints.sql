select context.close_table('app.webhook_endpoints');

grant select (
    tenant_id, id, url, description, events, active, disabled_reason, failing_since, last_sequence, lent_until, created_at, updated_at
) on app.webhook_endpoints to rowhouse_app;
grant insert (url, description, events) on app.webhook_endpoints to rowhouse_app;
grant update (url, description, events, active) on app.webhook_endpoints to rowhouse_app;
grant delete on app.webhook_endpoints to rowhouse_app;

create policy "nothing crosses the wall" on app.webhook_endpoints
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.webhook_endpoints is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "managers of webhooks see the endpoints" on app.webhook_endpoints
    for select to rowhouse_app
    using (tenant_id = (select context.tenant_where('manage_webhooks')));
comment on policy "managers of webhooks see the endpoints" on app.webhook_endpoints is
    'An address may hold a token of its own, so colleagues do not see it. The secret is elsewhere (auth.webhook_secrets) and is seen by nobody.';

create policy "managers of webhooks add endpoints" on app.webhook_endpoints
    for insert to rowhouse_app
    with check (tenant_id = (select context.tenant_requiring('manage_webhooks')));
comment on policy "managers of webhooks add endpoints" on app.webhook_endpoints is
    'A missing permission is named. What an endpoint may subscribe to, and how many there may be, the trigger guard_webhook_endpoint says.';

create policy "managers of webhooks change endpoints" on app.webhook_endpoints
    for update to rowhouse_app
    using (tenant_id = (select context.tenant_requiring('manage_webhooks')))
    with check (tenant_id = (select context.tenant_requiring('manage_webhooks')));
comment on policy "managers of webhooks change endpoints" on app.webhook_endpoints is
    'Where it leads, what it is for, which events it gets, and whether it is on. How far it has come is no input.';

create policy "managers of webhooks remove endpoints" on app.webhook_endpoints
    for delete to rowhouse_app
    using (tenant_id = (select context.tenant_requiring('manage_webhooks')));
comment on policy "managers of webhooks remove endpoints" on app.webhook_endpoints is
    'Its secrets and what was not delivered go with it; the trail keeps that it was there.';

-- The definer's reach: the outbox and the queue.
grant select on app.webhook_endpoints to rowhouse_definer;
grant update (active, disabled_reason, failing_since, last_sequence, lent_until) on app.webhook_endpoints to rowhouse_definer;
create policy "the outbox finds who subscribed" on app.webhook_endpoints
    for select to rowhouse_definer using (true);
comment on policy "the outbox finds who subscribed" on app.webhook_endpoints is
    'jobs.queue_webhooks(), jobs.claim_webhooks(); the triggers count and compare.';
create policy "the queue keeps count and switches off what is gone" on app.webhook_endpoints
    for update to rowhouse_definer using (true) with check (true);
comment on policy "the queue keeps count and switches off what is gone" on app.webhook_endpoints is
    'jobs.claim_webhooks() and jobs.settle_webhook() move the sequence and the loan, and end what fails for days. The definer may change no other column.';
