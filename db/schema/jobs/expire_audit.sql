-- One step of letting go what is over in the trail. However often it is called, by whomever: it goes by what tenants and the operator
-- have decided, and takes nothing from the caller but how much is done at a time.
set local role rowhouse_definer;
create or replace function jobs.expire_audit(batch integer default 1000) returns jsonb
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    select audit.expire(batch)
$$;
grant execute on function jobs.expire_audit(integer) to rowhouse_worker, rowhouse_owner;
comment on function jobs.expire_audit(integer) is
    'One step of letting go what is over in the trail: {"step": "removed", "declared", "dropped" or "none", …}.';
reset role;
