select context.close_table('app.user_preferences');

grant select on app.user_preferences to rowhouse_app;
grant insert (language, tone) on app.user_preferences to rowhouse_app;
grant update (language, tone) on app.user_preferences to rowhouse_app;
grant delete on app.user_preferences to rowhouse_app;

create policy "people keep their own preferences" on app.user_preferences
    for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and user_id = (select context.user_id()))
    with check (tenant_id = (select context.tenant_id()) and user_id = (select context.user_id()));
comment on policy "people keep their own preferences" on app.user_preferences is
    'Language and tone, per tenant. No permission is needed to have a taste, and nobody else''s is to be seen.';
