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
