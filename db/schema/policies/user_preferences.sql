select context.close_table('app.user_preferences');

grant select (tenant_id, id, user_id, language, tone, model, temperature, max_answer_tokens, notify_answers, notify_weekly, remember, created_at, updated_at) on app.user_preferences to rowhouse_app;
grant insert (language, tone, model, temperature, max_answer_tokens, notify_answers, notify_weekly, remember) on app.user_preferences to rowhouse_app;
grant update (language, tone, model, temperature, max_answer_tokens, notify_answers, notify_weekly, remember) on app.user_preferences to rowhouse_app;
grant delete on app.user_preferences to rowhouse_app;

create policy "nothing crosses the wall" on app.user_preferences
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.user_preferences is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "people keep their own preferences" on app.user_preferences
    for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and user_id = (select context.user_id()))
    with check (tenant_id = (select context.tenant_id()) and user_id = (select context.user_id()));
comment on policy "people keep their own preferences" on app.user_preferences is
    'Language, tone, model and what to be told, per tenant. No permission is needed to have a taste, and nobody else''s is to be seen.';

-- The definer's reach: an account that is exported or erased.
create policy "people find their own preferences" on app.user_preferences
    for select to rowhouse_definer
    using (user_id = (select context.user_id()) or tenant_id = (select context.tenant_in_erasure()));
comment on policy "people find their own preferences" on app.user_preferences is
    'auth.export_account() and jobs.delete_account(), for one person in all their companies; context.asker(), for whoever asks or is acted for; and jobs.erase_tenant(), for the company that is being erased.';
grant delete on app.user_preferences to rowhouse_definer;
create policy "whoever is erased takes their preferences with them" on app.user_preferences
    for delete to rowhouse_definer
    using (user_id = (select context.user_id()) or tenant_id = (select context.tenant_in_erasure()));
comment on policy "whoever is erased takes their preferences with them" on app.user_preferences is
    'jobs.delete_account(), which acts as the person whose account it erases, in all their companies; and jobs.erase_tenant(), for a company and all that is in it.';

-- The definer's reach: the desk.
grant select on app.user_preferences to rowhouse_definer;
create policy "the desk explains one row" on app.user_preferences
    for select to rowhouse_definer
    using (id = (select context.explained_row()));
comment on policy "the desk explains one row" on app.user_preferences is
    'inspect.why() seals the key of the one row that an auditor asks about, and answers with yes and no only.';
