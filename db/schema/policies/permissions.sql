select context.close_table('app.permissions');

grant select (name, description) on app.permissions to rowhouse_app;

create policy "everybody inside reads the catalogue" on app.permissions
    for select to rowhouse_app
    using ((select context.user_id()) is not null);
comment on policy "everybody inside reads the catalogue" on app.permissions is
    'The names are the same for all tenants and no secret, but outside the door there is nothing to see at all.';

-- The definer's reach: checking roles, and making the built-in ones.
grant select on app.permissions to rowhouse_definer;
create policy "role checks read the catalogue" on app.permissions
    for select to rowhouse_definer using (true);
comment on policy "role checks read the catalogue" on app.permissions is
    'app.check_role_permissions() and auth.create_tenant().';

-- The owner's reach: migrations write the catalogue.
create policy "migrations keep the catalogue" on app.permissions
    for all to rowhouse_owner using (true) with check (true);
comment on policy "migrations keep the catalogue" on app.permissions is
    'db/schema/app/catalogue_permissions.sql is the list; nobody else writes here.';

-- The definer's reach: permissions of the application's own.
grant insert (name, description, of_application, held_by), update (description, held_by) on app.permissions to rowhouse_definer;
create policy "applications add permissions of their own" on app.permissions
    for insert to rowhouse_definer with check (of_application);
comment on policy "applications add permissions of their own" on app.permissions is
    'tenancy.permission(), which migrations of the application call.';
create policy "applications describe permissions of their own" on app.permissions
    for update to rowhouse_definer using (of_application) with check (of_application);
comment on policy "applications describe permissions of their own" on app.permissions is
    'tenancy.permission() again: what it means and which built-in roles hold it. Rowhouse''s own stay as they are.';
