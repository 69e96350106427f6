-- Whether an object waits to be deleted that no worker has in hand.
set local role rowhouse_definer;
create or replace function jobs.objects_due() returns boolean
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select exists (select from jobs.unkept_objects as waiting where waiting.due_at <= now())
$$;
grant execute on function jobs.objects_due() to rowhouse_worker;
comment on function jobs.objects_due() is 'Whether an object of the storage waits to be deleted.';
reset role;
