-- Whether this transaction is the one that seals, erases or expires, for the policies and triggers that let only that one through.
set local role rowhouse_definer;
create or replace function audit.at_work(work text) returns boolean
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select exists (
        select from audit.seal_mark as mark
        where mark.work = at_work.work and mark.worker = pg_current_xact_id_if_assigned()
    )
$$;
-- The triggers that ask are whoever's who changes something.
grant execute on function audit.at_work(text) to rowhouse_owner;
comment on function audit.at_work(text) is
    'Whether this transaction is the one that seals the trail ("sealing"), erases a field of it ("erasing") or removes what is over ("expiring").';
reset role;
