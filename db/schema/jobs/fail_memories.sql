-- The words of a claim could not be read: they are tried again after 1, 4, 9 and 16 minutes, and then passed over. What the
-- attempt had cost is settled. Raises RH404 for an unknown turn and a wrong secret alike.
set local role rowhouse_definer;
create or replace function jobs.fail_memories(
    tenant uuid, person uuid, turn uuid, settlement bytea, attempt integer, failure text, usage jsonb default '{}'
) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    perform auth.settle_turn(tenant, turn, settlement, 'failed', error_code => failure, usage => fail_memories.usage);
    update auth.memory_readings as reading set due_at = now() + make_interval(mins => reading.tries * reading.tries)
    where reading.tenant_id = tenant and reading.user_id = person and reading.attempt = fail_memories.attempt;
end
$$;
grant execute on function jobs.fail_memories(uuid, uuid, uuid, bytea, integer, text, jsonb) to rowhouse_worker;
comment on function jobs.fail_memories(uuid, uuid, uuid, bytea, integer, text, jsonb) is
    'The words of a claim could not be read: tries again later, four times, and settles what it had cost. Raises RH404.';
reset role;
