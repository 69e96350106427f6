select context.close_table('tenancy.migrations');

-- The owner's reach: `rowhouse migrate` applies a migration of the application's and writes it down, in one transaction.
create policy "migrations are written down" on tenancy.migrations
    for insert to rowhouse_owner with check (true);
comment on policy "migrations are written down" on tenancy.migrations is
    'Once applied, a migration stays in the history: nobody changes or removes a line of it.';

-- The definer's reach: what this database has had.
grant select on tenancy.migrations to rowhouse_definer;
create policy "the history is compared with the files" on tenancy.migrations
    for select to rowhouse_definer using (true);
comment on policy "the history is compared with the files" on tenancy.migrations is
    'context.application_migrations(), for the servers and rowhouse migrate; context.access_state().';
