-- Has this transaction be the one that seals, erases or expires, until it ends: whoever comes next waits for the row. Returns how far
-- the trail is sealed.
set local role rowhouse_definer;
create or replace function audit.begin_work(work text) returns audit.seal_mark
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    update audit.seal_mark as mark set work = begin_work.work, worker = pg_current_xact_id() returning mark.*
$$;
comment on function audit.begin_work(text) is
    'Has this transaction be the one that seals, erases or expires; others wait until it ends.';
reset role;
