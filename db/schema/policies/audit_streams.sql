select context.close_table('app.audit_streams');

grant select (
    tenant_id, id, url, kind, format, description, active, disabled_reason, last_index, failing_since, failures, failure, response_status,
    next_attempt_at, lent_until, created_at, updated_at
) on app.audit_streams to rowhouse_app;
grant insert (url, format, description, last_index) on app.audit_streams to rowhouse_app;
grant update (url, format, description, active, last_index) on app.audit_streams to rowhouse_app;
grant delete on app.audit_streams to rowhouse_app;

create policy "nothing crosses the wall" on app.audit_streams
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.audit_streams is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "who manages the company and reads its trail sees its streams" on app.audit_streams
    for select to rowhouse_app
    using (tenant_id = (select context.tenant_where('manage_tenant')) and tenant_id = (select context.tenant_where('view_audit')));
comment on policy "who manages the company and reads its trail sees its streams" on app.audit_streams is
    'An address may hold a token of its own, so colleagues do not see it. The secret is elsewhere (auth.webhook_secrets) and is seen by nobody.';

create policy "who manages the company and reads its trail sends it elsewhere" on app.audit_streams
    for insert to rowhouse_app
    with check (tenant_id = (select context.tenant_requiring('manage_tenant')) and tenant_id = (select context.tenant_requiring('view_audit')));
comment on policy "who manages the company and reads its trail sends it elsewhere" on app.audit_streams is
    'A missing permission is named. Nobody sends away what they may not read. A stream is the company''s: it goes on when who made it holds neither any more.';

create policy "who manages the company and reads its trail changes streams" on app.audit_streams
    for update to rowhouse_app
    using (tenant_id = (select context.tenant_requiring('manage_tenant')) and tenant_id = (select context.tenant_requiring('view_audit')))
    with check (tenant_id = (select context.tenant_requiring('manage_tenant')) and tenant_id = (select context.tenant_requiring('view_audit')));
comment on policy "who manages the company and reads its trail changes streams" on app.audit_streams is
    'Where it leads, in which form, whether it is on, and from which leaf on. How it fares is no input.';

create policy "who manages the company and reads its trail ends streams" on app.audit_streams
    for delete to rowhouse_app
    using (tenant_id = (select context.tenant_requiring('manage_tenant')) and tenant_id = (select context.tenant_requiring('view_audit')));
comment on policy "who manages the company and reads its trail ends streams" on app.audit_streams is
    'Its secrets go with it; the trail keeps that it was there.';

-- The definer's reach: sending.
grant select on app.audit_streams to rowhouse_definer;
grant update (active, disabled_reason, last_index, failing_since, failures, failure, response_status, next_attempt_at, lent_until)
    on app.audit_streams to rowhouse_definer;
create policy "the worker finds streams that wait" on app.audit_streams
    for select to rowhouse_definer using (true);
comment on policy "the worker finds streams that wait" on app.audit_streams is
    'jobs.claim_audit_stream() and what follows it; the trigger counts.';
create policy "the worker notes how far streams have come" on app.audit_streams
    for update to rowhouse_definer using (true) with check (true);
comment on policy "the worker notes how far streams have come" on app.audit_streams is
    'jobs.claim_audit_stream(), jobs.settle_audit_stream() and jobs.release_audit_stream(). The definer may change no other column.';
