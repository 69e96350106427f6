-- Counts what would fill the trail with the same row over and over: one row for an hour, an action and a subject.
-- Returns how often it happened to this subject in this hour, this time included.
set local role rowhouse_definer;
create or replace function audit.tally(action text, subject text) returns bigint
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    insert into audit.tallies as counted (hour, action, subject)
    values (date_trunc('hour', now(), 'UTC'), tally.action, tally.subject)
    on conflict (hour, action, subject) do update set count = counted.count + 1, last_at = now()
    returning counted.count
$$;
comment on function audit.tally(text, text) is
    'Counts an action of a subject in this hour and returns how many there were by now.';
reset role;
