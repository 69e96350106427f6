-- Drops the partition of one month in which nothing is left, and writes that down; null where there is none. Only the transaction that
-- expires may call it.
set local role rowhouse_definer;
create or replace function audit.drop_month() returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    month date;
    bytes bigint;
begin
    for month, bytes in
        select to_date(kind.relname, '"events_"YYYY_MM'), pg_catalog.pg_total_relation_size(kind.oid)
        from pg_catalog.pg_inherits as part
        join pg_catalog.pg_class as kind on kind.oid = part.inhrelid
        where part.inhparent = 'audit.events'::regclass and kind.relname ~ '^events_\d{4}_\d{2}$'
        order by kind.relname
    loop
        continue when month >= date_trunc('month', now() at time zone 'UTC') - interval '1 month'
            or exists (
                select from audit.events as event
                where event.at >= month::timestamp at time zone 'UTC'
                    and event.at < (month + interval '1 month') at time zone 'UTC'
            );
        if audit.drop_partition(month) then
            perform audit.record_event('audit.month_dropped', null, jsonb_build_object(
                'month', to_char(month, 'YYYY-MM'), 'partition', 'events_' || to_char(month, 'YYYY_MM'), 'bytes', bytes));
            return to_char(month, 'YYYY-MM');
        end if;
    end loop;
    return null;
end
$$;
comment on function audit.drop_month() is
    'Drops the partition of one month of the trail in which nothing is left, and records it; null where there is none, or it is in use.';
reset role;
