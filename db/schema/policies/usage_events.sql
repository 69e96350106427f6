select context.close_table('app.usage_events');

-- Not audited, and yet nobody empties it for all tenants at once.
create or replace trigger keep_whole before truncate on app.usage_events
    for each statement execute function audit.refuse_change();

-- Only to be read: the end of a turn writes it.
grant select (
    tenant_id, id, turn_id, user_id, api_key_id, team_id, conversation_id, generator, model, outcome, input_tokens,
    cached_input_tokens, output_tokens, reasoning_tokens, estimated, cost_micros, first_token_ms, total_ms, created_at
) on app.usage_events to rowhouse_app;

create policy "nothing crosses the wall" on app.usage_events
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.usage_events is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "people see what they used" on app.usage_events
    for select to rowhouse_app
    using (user_id = (select context.user_id()));
comment on policy "people see what they used" on app.usage_events is
    'Figures of their own turns; no permission is needed to know what one cost.';

create policy "holders of view_analytics see what everybody used" on app.usage_events
    for select to rowhouse_app
    using (tenant_id = (select context.tenant_where('view_analytics')));
comment on policy "holders of view_analytics see what everybody used" on app.usage_events is
    'Whoever answers for the bill sees what made it: figures and ids, never what was said.';

-- The definer's reach: the end of a turn, budgets that count what was spent before them, and the erasure of a tenant.
grant select, insert on app.usage_events to rowhouse_definer;
create policy "the end of a turn says what it cost" on app.usage_events
    for insert to rowhouse_definer
    with check (tenant_id = (select context.tenant_id()) and user_id = (select context.user_id()));
comment on policy "the end of a turn says what it cost" on app.usage_events is
    'auth.settle_turn(), which acts as whoever asked.';
create policy "a new budget counts what was spent already" on app.usage_events
    for select to rowhouse_definer
    using (tenant_id = (select context.tenant_id()));
comment on policy "a new budget counts what was spent already" on app.usage_events is
    'app.open_budget(), for a tenant of the caller''s.';
create policy "people find what they used" on app.usage_events
    for select to rowhouse_definer
    using (user_id = (select context.user_id()));
comment on policy "people find what they used" on app.usage_events is
    'auth.export_account(), for one person in all their companies.';
create policy "the desk explains one row, the erasure finds a tenant's" on app.usage_events
    for select to rowhouse_definer
    using (id = (select context.explained_row()) or tenant_id = (select context.tenant_in_erasure()));
comment on policy "the desk explains one row, the erasure finds a tenant's" on app.usage_events is
    'inspect.why() seals the key of the one row that an auditor asks about, and answers with yes and no only; jobs.erase_tenant() has to find what it deletes.';
