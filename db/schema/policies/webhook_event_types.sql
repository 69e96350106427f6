select context.close_table('app.webhook_event_types');

grant select (name, description) on app.webhook_event_types to rowhouse_app;

create policy "everybody inside reads the catalogue of events" on app.webhook_event_types
    for select to rowhouse_app
    using ((select context.user_id()) is not null);
comment on policy "everybody inside reads the catalogue of events" on app.webhook_event_types is
    'The names are the same for all tenants and no secret, but outside the door there is nothing to see at all.';

-- The definer's reach: checking what endpoints subscribe to.
grant select on app.webhook_event_types to rowhouse_definer;
create policy "checks of endpoints read the catalogue" on app.webhook_event_types
    for select to rowhouse_definer using (true);
comment on policy "checks of endpoints read the catalogue" on app.webhook_event_types is
    'app.guard_webhook_endpoint() refuses an event that there is not.';

-- The owner's reach: migrations write the catalogue.
create policy "migrations keep the catalogue of events" on app.webhook_event_types
    for all to rowhouse_owner using (true) with check (true);
comment on policy "migrations keep the catalogue of events" on app.webhook_event_types is
    'db/schema/app/catalogue_webhook_events.sql is the list; nobody else writes here.';
