-- Makes sure that this month and the three after it have a partition; returns how many were made.
set local role rowhouse_definer;
create or replace function audit.create_partitions() returns integer
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    select count(*) filter (where audit.create_partition(day::date))::integer
    from generate_series(
        date_trunc('month', now() at time zone 'UTC'),
        date_trunc('month', now() at time zone 'UTC') + interval '3 months',
        interval '1 month'
    ) as day
$$;
grant execute on function audit.create_partitions() to rowhouse_owner;
comment on function audit.create_partitions() is
    'Makes the missing partitions of this month and the next three; returns how many.';
reset role;
