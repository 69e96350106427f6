-- Seals events of transactions that have ended; `most` at a time.
set local role rowhouse_definer;
create or replace function jobs.seal_audit(most integer default 2000) returns jsonb
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    select audit.seal(most)
$$;
grant execute on function jobs.seal_audit(integer) to rowhouse_worker, rowhouse_owner;
comment on function jobs.seal_audit(integer) is
    'Makes leaves of events whose transactions have ended: {"sealed": how many, "more": whether there may be more}.';
reset role;
