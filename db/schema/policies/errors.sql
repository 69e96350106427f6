select context.close_table('context.errors');

grant select on context.errors to rowhouse_app, rowhouse_auth, rowhouse_worker;
create policy "the servers read the vocabulary" on context.errors
    for select to rowhouse_app, rowhouse_auth, rowhouse_worker using (true);
comment on policy "the servers read the vocabulary" on context.errors is
    'Codes, names and HTTP statuses: documentation, the same for everybody.';

create policy "migrations keep the vocabulary" on context.errors
    for all to rowhouse_owner using (true) with check (true);
comment on policy "migrations keep the vocabulary" on context.errors is
    'db/schema/errors.sql is the list; nobody else writes here.';
