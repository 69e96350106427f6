-- What /readyz asks of the database. It knows no tenant, so it needs no door.
set local role rowhouse_definer;
create or replace function context.readiness()
    returns table (worker_seen_at timestamptz)
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select max(seen_at) from jobs.heartbeats
$$;
grant execute on function context.readiness() to rowhouse_app, rowhouse_auth;
comment on function context.readiness() is
    'When a worker was last seen; null where none ever was.';
reset role;
