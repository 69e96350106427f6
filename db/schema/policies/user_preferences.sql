select context.close_table('app.user_preferences');

grant select on app.user_preferences to rowhouse_app;
grant insert (language, tone) on app.user_preferences to rowhouse_app;
grant update (language, tone) on app.user_preferences to rowhouse_app;
grant delete on app.user_preferences to rowhouse_app;

create policy "nothing crosses the wall" on app.user_preferences
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()))
    with check (tenant_id = (select context.tenant_id()));
comment on policy "nothing crosses the wall" on app.user_preferences is
    'Whatever the policies below permit, they permit inside the caller''s tenant. Restrictive, so it stands before every query as one indexed equality.';

create policy "people keep their own preferences" on app.user_preferences
    for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and user_id = (select context.user_id()))
    with check (tenant_id = (select context.tenant_id()) and user_id = (select context.user_id()));
comment on policy "people keep their own preferences" on app.user_preferences is
    'Language and tone, per tenant. No permission is needed to have a taste, and nobody else''s is to be seen.';

-- The definer's reach: the desk.
grant select on app.user_preferences to rowhouse_definer;
create policy "the desk explains one row" on app.user_preferences
    for select to rowhouse_definer
    using (id = (select context.explained_row()));
comment on policy "the desk explains one row" on app.user_preferences is
    'inspect.why() seals the key of the one row that an auditor asks about, and answers with yes and no only.';
