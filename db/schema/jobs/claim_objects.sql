-- Objects that are to be deleted, for whoever asks, and for nobody else in the next ten minutes: if the process dies with them, another
-- one has them then. Deleting one that is gone already does no harm.
set local role rowhouse_definer;
create or replace function jobs.claim_objects(batch integer default 100) returns setof text
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    with due as materialized (
        select waiting.object_key from jobs.unkept_objects as waiting
        where waiting.due_at <= now()
        order by waiting.due_at, waiting.object_key
        limit batch
        for update skip locked
    )
    update jobs.unkept_objects as taken set tries = taken.tries + 1, due_at = now() + interval '10 minutes'
    from due
    where taken.object_key = due.object_key
    returning taken.object_key
$$;
grant execute on function jobs.claim_objects(integer) to rowhouse_worker;
comment on function jobs.claim_objects(integer) is
    'Objects of the storage that no version names and that are due to be deleted, lent for ten minutes.';
reset role;
