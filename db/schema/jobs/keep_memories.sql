-- Remembers what was drawn from the words of a claim, and settles what that cost. What an attempt brings that is over is thrown
-- away, because something was forgotten meanwhile, and so is what is brought of somebody of whom nothing is to be remembered any
-- more. It had its price all the same.
--
-- drawn:  sentences; what is remembered already and what finds no room is left out
-- usage:  as for auth.settle_turn()
-- Returns how many are remembered now that were not. Raises RH404 for an unknown turn and a wrong secret alike.
set local role rowhouse_definer;
create or replace function jobs.keep_memories(
    tenant uuid, person uuid, turn uuid, settlement bytea, attempt integer, drawn text[], usage jsonb default '{}'
) returns integer
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    mine auth.memory_readings;
    kept integer;
begin
    perform context.act(person, tenant, '{}');
    perform auth.settle_turn(tenant, turn, settlement, 'complete', usage => keep_memories.usage);
    select * into mine from auth.memory_readings as reading
    where reading.tenant_id = tenant and reading.user_id = person and reading.attempt = keep_memories.attempt
    for no key update;
    if not found then
        return 0;
    end if;
    insert into app.memories (tenant_id, user_id, content, learned)
    select mine.tenant_id, mine.user_id, new.content, true
    from (
        select distinct on (lower(trim(said.content))) trim(said.content) as content, said.place
        from unnest(drawn) with ordinality as said (content, place)
        where length(trim(said.content)) <= 500 and not app.is_blank(said.content)
            and lower(trim(said.content)) <> all (
                select lower(known.content) from app.memories as known where known.tenant_id = mine.tenant_id and known.user_id = mine.user_id)
        order by lower(trim(said.content)), said.place
    ) as new
    where (context.asker(mine.tenant_id, mine.user_id) ->> 'remembers')::boolean
    order by new.place
    limit 100 - (select count(*) from app.memories as known where known.tenant_id = mine.tenant_id and known.user_id = mine.user_id);
    get diagnostics kept = row_count;
    -- There may be more; whoever looks finds out.
    update auth.memory_readings as reading set read_until = reading.claimed_until, due_at = now(), tries = 0
    where reading.tenant_id = mine.tenant_id and reading.user_id = mine.user_id;
    return kept;
end
$$;
grant execute on function jobs.keep_memories(uuid, uuid, uuid, bytea, integer, text[], jsonb) to rowhouse_worker;
comment on function jobs.keep_memories(uuid, uuid, uuid, bytea, integer, text[], jsonb) is
    'Remembers what was drawn from the words of a claim, and settles what that cost; returns how many are new. Raises RH404.';
reset role;
