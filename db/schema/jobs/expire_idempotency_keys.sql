-- Forgets each Idempotency-Key, and the answer kept for it, a day after it was used.
set local role rowhouse_definer;
create or replace function jobs.expire_idempotency_keys() returns integer
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    forgotten integer;
begin
    delete from context.idempotency_keys where created_at <= now() - interval '24 hours';
    get diagnostics forgotten = row_count;
    return forgotten;
end
$$;
grant execute on function jobs.expire_idempotency_keys() to rowhouse_worker;
comment on function jobs.expire_idempotency_keys() is
    'Forgets Idempotency-Keys that were used more than 24 hours ago and returns how many.';
reset role;
