-- Which migrations this database has had, and from which text: the hash is that of the file's.
set local role rowhouse_definer;
create or replace function context.applied_migrations() returns table (filename text, hash text)
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select filename, hash from graphile_migrate.migrations order by filename
$$;
grant execute on function context.applied_migrations() to rowhouse_app, rowhouse_auth, rowhouse_owner, rowhouse_auditor;
comment on function context.applied_migrations() is
    'The migrations that this database has had, each with the hash of the text it was built from.';
reset role;
