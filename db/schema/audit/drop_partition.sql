-- Drops the trail's partition for the month of `day`, once nothing is left in it; false where there is none, where something is in
-- it, or where somebody uses the trail at this moment: writers wait half a second for this, and no longer.
--
-- Owned by the owner of audit.events, as audit.create_partition() is. It looks into the partition as what it is, past the row security that
-- hides its rows from the owner too.
create or replace function audit.drop_partition(day date) returns boolean
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
    set lock_timeout = '500ms'
as $$
declare
    name   text := 'events_' || to_char(day, 'YYYY_MM');
    filled boolean;
begin
    -- What runs, or has just run, is still written: somebody's transaction may be open.
    if day >= date_trunc('month', now() at time zone 'UTC') - interval '1 month' or not exists (
        select from pg_catalog.pg_inherits as part
        where part.inhparent = 'audit.events'::regclass and part.inhrelid = to_regclass(format('audit.%I', name))
    ) then
        return false;
    end if;
    begin
        lock table audit.events in access exclusive mode;
        execute format('alter table audit.%I no force row level security', name);
        execute format('select exists (select from audit.%I)', name) into filled;
        if filled then
            raise check_violation;
        end if;
        execute format('drop table audit.%I', name);
    exception
        when lock_not_available or check_violation then
            return false;
    end;
    return true;
end
$$;
grant execute on function audit.drop_partition(date) to rowhouse_definer;
comment on function audit.drop_partition(date) is
    'Drops the partition for the month of a day (months are UTC) where it is empty and over; false where it is not, or is in use.';
