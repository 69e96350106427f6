select context.close_table('app.budgets');

grant select (
    tenant_id, id, level, subject_id, model, period, cap_micros, spent_micros, reserved_micros, period_start, created_at, updated_at
) on app.budgets to rowhouse_app;
grant insert (level, subject_id, model, period, cap_micros) on app.budgets to rowhouse_app;
grant update (cap_micros) on app.budgets to rowhouse_app;
grant delete on app.budgets to rowhouse_app;

create policy "nothing crosses the wall" on app.budgets
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.budgets is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "whoever sees figures or sets budgets reads them" on app.budgets
    for select to rowhouse_app
    using (
        tenant_id = (select context.tenant_where('configure_model'))
        or tenant_id = (select context.tenant_where('view_analytics'))
    );
comment on policy "whoever sees figures or sets budgets reads them" on app.budgets is
    'A cap, and how far it is used. Others learn of one when it stops them.';

create policy "whoever configures the model sets budgets" on app.budgets
    for insert to rowhouse_app
    with check (tenant_id = (select context.tenant_requiring('configure_model')));
comment on policy "whoever configures the model sets budgets" on app.budgets is
    'Models and what they may cost are one matter. Counters are not granted for input: they move with turns.';

create policy "whoever configures the model changes a cap" on app.budgets
    for update to rowhouse_app
    using (tenant_id = (select context.tenant_requiring('configure_model')))
    with check (tenant_id = (select context.tenant_requiring('configure_model')));
comment on policy "whoever configures the model changes a cap" on app.budgets is
    'Only the cap: a budget of another period or of somebody else is another budget.';

create policy "whoever configures the model removes budgets" on app.budgets
    for delete to rowhouse_app
    using (tenant_id = (select context.tenant_requiring('configure_model')));
comment on policy "whoever configures the model removes budgets" on app.budgets is
    'Turns under way that hold something of it settle without it.';

-- The definer's reach: reservations.
grant select on app.budgets to rowhouse_definer;
grant update (spent_micros, reserved_micros, period_start) on app.budgets to rowhouse_definer;
create policy "turns hold and spend" on app.budgets
    for all to rowhouse_definer using (true) with check (true);
comment on policy "turns hold and spend" on app.budgets is
    'context.reserve() before the provider is called; context.release() when the turn is over or lost, for turns of several tenants at once.';
