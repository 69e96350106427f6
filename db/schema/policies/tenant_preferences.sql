select context.close_table('app.tenant_preferences');

grant select (tenant_id, id, language, tone, model, temperature, max_answer_tokens, notify_answers, notify_weekly, remember, created_at, updated_at) on app.tenant_preferences to rowhouse_app;
grant insert (language, tone, model, temperature, max_answer_tokens, notify_answers, notify_weekly, remember) on app.tenant_preferences to rowhouse_app;
grant update (language, tone, model, temperature, max_answer_tokens, notify_answers, notify_weekly, remember) on app.tenant_preferences to rowhouse_app;

create policy "nothing crosses the wall" on app.tenant_preferences
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.tenant_preferences is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "everybody inside sees the defaults" on app.tenant_preferences
    for select to rowhouse_app
    using (tenant_id = (select context.tenant_id()));
comment on policy "everybody inside sees the defaults" on app.tenant_preferences is
    'They are how one is spoken to for as long as one has chosen nothing else: no secret, and no permission is needed.';

create policy "whoever configures the model sets the defaults" on app.tenant_preferences
    for insert to rowhouse_app
    with check (tenant_id = (select context.tenant_requiring('configure_model')));
comment on policy "whoever configures the model sets the defaults" on app.tenant_preferences is
    'Model, length and tone are one matter, and cost money: one permission for them. Refused aloud, so that who lacks it learns its name.';

create policy "whoever configures the model changes the defaults" on app.tenant_preferences
    for update to rowhouse_app
    using (tenant_id = (select context.tenant_requiring('configure_model')))
    with check (tenant_id = (select context.tenant_requiring('configure_model')));
comment on policy "whoever configures the model changes the defaults" on app.tenant_preferences is
    'The same. The row is never deleted: what is null in it is as it is built in.';

-- The definer's reach: the desk, and the erasure of a tenant.
grant select on app.tenant_preferences to rowhouse_definer;
create policy "the desk explains one row, the erasure finds a tenant's" on app.tenant_preferences
    for select to rowhouse_definer
    using (id = (select context.explained_row()) or tenant_id = (select context.tenant_in_erasure()));
comment on policy "the desk explains one row, the erasure finds a tenant's" on app.tenant_preferences is
    'inspect.why() seals the key of the one row that an auditor asks about, and answers with yes and no only; jobs.erase_tenant() has to find what it deletes.';
create policy "a turn asks how its company wants to be spoken for" on app.tenant_preferences
    for select to rowhouse_definer
    using (tenant_id = (select context.tenant_id()));
comment on policy "a turn asks how its company wants to be spoken for" on app.tenant_preferences is
    'context.begin_turn(), for the caller''s tenant: everybody inside may see it anyway; and jobs.claim_memories(), which acts as a member.';
