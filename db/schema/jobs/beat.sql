set local role rowhouse_definer;
create or replace function jobs.beat(worker text) returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    insert into jobs.heartbeats (worker) values (beat.worker)
    on conflict (worker) do update set seen_at = clock_timestamp()
$$;
grant execute on function jobs.beat(text) to rowhouse_worker;
comment on function jobs.beat(text) is 'A worker says that it is alive; /readyz looks for it.';
reset role;
