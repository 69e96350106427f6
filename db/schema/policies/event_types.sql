select context.close_table('audit.event_types');

grant select on audit.event_types to rowhouse_auditor;
create policy "auditors read the catalogue of events" on audit.event_types
    for select to rowhouse_auditor using (true);
comment on policy "auditors read the catalogue of events" on audit.event_types is
    'What the events mean that they read. Holders of view_audit read it through audit.event_types_of_caller().';

-- The definer's reach: how severe what it writes is.
grant select on audit.event_types to rowhouse_definer;
create policy "whoever writes the trail looks up how severe it is" on audit.event_types
    for select to rowhouse_definer using (true);
comment on policy "whoever writes the trail looks up how severe it is" on audit.event_types is
    'audit.record_event() and auth.record_reading(). Triggers were told by audit.track().';

-- The owner's reach: migrations write the catalogue.
create policy "migrations keep the catalogue of events" on audit.event_types
    for all to rowhouse_owner using (true) with check (true);
comment on policy "migrations keep the catalogue of events" on audit.event_types is
    'db/schema/audit/event_types.sql is the list; audit.track() adds the tables of the application.';
