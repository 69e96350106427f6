-- Which of the application's own migrations this database has had. A hash is over the text and the hash before it.
set local role rowhouse_definer;
create or replace function context.application_migrations() returns table (number integer, name text, hash text)
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select number, name, hash from tenancy.migrations order by number
$$;
grant execute on function context.application_migrations() to rowhouse_app, rowhouse_auth, rowhouse_owner, rowhouse_auditor;
comment on function context.application_migrations() is
    'The application''s own migrations that this database has had, each with the hash of its text and of all before it.';
reset role;
