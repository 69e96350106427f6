-- Makes the trail's partition for the month of `day`; false if it was there already, or if events of that
-- month are in the default partition: they stay there, because the trail is not rewritten.
--
-- Owned by the owner of audit.events, because only it may add a partition: beside audit.drop_partition() the one definer function that
-- rowhouse_definer does not own. Nobody may read or write a partition directly.
create or replace function audit.create_partition(day date) returns boolean
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    month timestamptz := date_trunc('month', day::timestamp) at time zone 'UTC';
    name  text := 'events_' || to_char(day, 'YYYY_MM');
begin
    -- Two workers that start at once take turns; the second finds what the first has made.
    perform pg_advisory_xact_lock(hashtext('audit.create_partition'));
    if to_regclass(format('audit.%I', name)) is not null then
        return false;
    end if;
    begin
        execute format(
            'create table audit.%I partition of audit.events for values from (%L) to (%L)',
            name, month, (month at time zone 'UTC' + interval '1 month') at time zone 'UTC'
        );
    exception
        when check_violation then
            raise warning 'audit.% is not made: the default partition holds events of its month', name;
            return false;
    end;
    perform audit.lock_partition(format('audit.%I', name)::regclass);
    return true;
end
$$;
grant execute on function audit.create_partition(date) to rowhouse_definer;
comment on function audit.create_partition(date) is
    'Makes the partition for the month of a day (months are UTC); false if it was there already, or if its events are in the default partition.';
