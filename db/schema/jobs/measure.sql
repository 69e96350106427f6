-- What the metrics tell of the trail: events written since the server's statistics began, from PostgreSQL's own
-- counters, so that nothing is counted row by row.
set local role rowhouse_definer;
create or replace function jobs.measure() returns table (trail_events bigint)
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select coalesce(sum(pg_stat_get_tuples_inserted(inhrelid)), 0)::bigint
    from pg_catalog.pg_inherits
    where inhparent = 'audit.events'::regclass
$$;
grant execute on function jobs.measure() to rowhouse_worker;
comment on function jobs.measure() is 'Figures for the metrics: how many events were written to the trail.';
reset role;
