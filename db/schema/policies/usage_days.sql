select context.close_table('app.usage_days');

-- Not audited, and yet nobody empties it for all tenants at once.
create or replace trigger keep_whole before truncate on app.usage_days
    for each statement execute function audit.refuse_change();

-- Only to be read: triggers count.
grant select (
    tenant_id, id, day, user_id, team_id, api_key_id, generator, model, turns, stopped, failed, input_tokens, cached_input_tokens,
    output_tokens, reasoning_tokens, cost_micros, unpriced, thumbs_up, thumbs_down, first_counts, total_counts
) on app.usage_days to rowhouse_app;

create policy "nothing crosses the wall" on app.usage_days
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.usage_days is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "people see what they used" on app.usage_days
    for select to rowhouse_app
    using (user_id = (select context.user_id()));
comment on policy "people see what they used" on app.usage_days is
    'Figures of their own turns; no permission is needed to know what they cost.';

create policy "holders of view_analytics see what everybody used" on app.usage_days
    for select to rowhouse_app
    using (tenant_id = (select context.tenant_where('view_analytics')));
comment on policy "holders of view_analytics see what everybody used" on app.usage_days is
    'Whoever answers for the bill sees what made it: figures and ids, never what was said.';

-- The definer's reach: each function names the tenant that it counts for.
grant select, insert, update on app.usage_days to rowhouse_definer;
create policy "turns and thumbs are counted" on app.usage_days
    for all to rowhouse_definer using (true) with check (true);
comment on policy "turns and thumbs are counted" on app.usage_days is
    'app.count_usage() and app.count_feedback(), which take the tenant from the row that they count; inspect.why() and jobs.erase_tenant(), which have to find what they explain and delete.';
