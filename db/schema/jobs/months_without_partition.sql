-- Months of which the events go to the default partition, of this one and the next three: no worker made their partition ahead, and now
-- their events are in its way. They are as good there, and sealed; only that month is not dropped in one piece.
set local role rowhouse_definer;
create or replace function jobs.months_without_partition() returns text[]
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select coalesce(array_agg(to_char(month, 'YYYY-MM') order by month), '{}')
    from generate_series(
        date_trunc('month', now() at time zone 'UTC'),
        date_trunc('month', now() at time zone 'UTC') + interval '3 months',
        interval '1 month'
    ) as month
    where to_regclass('audit.events_' || to_char(month, 'YYYY_MM')) is null
$$;
grant execute on function jobs.months_without_partition() to rowhouse_worker;
comment on function jobs.months_without_partition() is
    'Which of this month and the next three have no partition of the trail, so that their events go to the default one: 2026-11.';
reset role;
