-- Gives up turns whose lease nobody renewed: the process that streamed them is dead. What they held is let go, and their
-- answers are marked as failed (interrupted), so that the question can be answered again. If the process was only slow, its
-- settlement still counts. Turns that were over a day ago are forgotten, with the keys that made them one.
--
-- batch: turns given up in one call; budgets are touched once, at the end, in their order
-- Returns how many were given up.
set local role rowhouse_definer;
create or replace function jobs.sweep_holds(batch integer default 200) returns integer
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    dead    auth.turns;
    embedding auth.turns;
    tenants uuid[] := '{}';
    budgets uuid[] := '{}';
    held    bigint[] := '{}';
    given_up integer := 0;
begin
    for dead in
        select * from auth.turns as known
        where known.settled_at is null and known.lost_at is null and known.lease_until < now()
        order by known.lease_until
        limit batch
        for no key update skip locked
    loop
        perform context.act(dead.user_id, dead.tenant_id, '{}');
        update app.messages as answer set status = 'failed', error_code = 'interrupted', finish_reason = 'error'
        where answer.tenant_id = dead.tenant_id and answer.id = dead.answer_id and answer.turn_id = dead.id;
        update auth.turns as known set lost_at = now(), held_micros = 0
        where known.tenant_id = dead.tenant_id and known.id = dead.id;
        tenants := tenants || array_fill(dead.tenant_id, array[cardinality(dead.budgets)]);
        budgets := budgets || dead.budgets;
        held := held || array_fill(dead.held_micros, array[cardinality(dead.budgets)]);
        -- What embedding its question holds is let go with it: that has no lease of its own.
        for embedding in
            select * from auth.turns as known
            where known.tenant_id = dead.tenant_id and known.embeds_for = dead.id and known.settled_at is null and known.lost_at is null
            for no key update
        loop
            update auth.turns as known set lost_at = now(), held_micros = 0
            where known.tenant_id = embedding.tenant_id and known.id = embedding.id;
            tenants := tenants || array_fill(embedding.tenant_id, array[cardinality(embedding.budgets)]);
            budgets := budgets || embedding.budgets;
            held := held || array_fill(embedding.held_micros, array[cardinality(embedding.budgets)]);
        end loop;
        given_up := given_up + 1;
    end loop;
    perform context.release(tenants, budgets, held, array_fill(0::bigint, array[cardinality(budgets)]));
    delete from auth.turns as known where coalesce(known.settled_at, known.lost_at) < now() - interval '1 day';
    return given_up;
end
$$;
grant execute on function jobs.sweep_holds(integer) to rowhouse_worker;
comment on function jobs.sweep_holds(integer) is
    'Gives up turns whose process is dead, lets go of what they held and returns how many; forgets those of more than a day ago.';
reset role;
