-- Ends a turn, once: writes the answer, or as much of it as was said, and what it cost; lets go of what was held. It needs no
-- credential but the secret of the turn, because a sign-out or a ban in the middle ends the answer and not its price. The
-- trail names whoever asked. A turn that was given up for lost and comes back after all is settled like any other.
-- A person's words are due then to be read for what to remember of them (jobs.claim_memories()).
--
-- approvals: [{id, toolId, fingerprint, callId}]: calls that the answer ends with and that wait for the word of whoever asked
-- usage: {inputTokens, cachedInputTokens, outputTokens, reasoningTokens, estimated, firstTokenMs, totalMs,
--         embedding: {inputTokens, estimated}}, the last of the question, where it was embedded
-- Returns whether this was the call that did it; false: the turn was settled already. Raises RH404 for an unknown turn
-- and a wrong secret alike.
set local role rowhouse_definer;
create or replace function auth.settle_turn(
    tenant uuid, turn uuid, settlement bytea, outcome text, content text default '', parts jsonb default '[]',
    usage jsonb default '{}', finish_reason text default null, error_code text default null, provenance jsonb default null,
    facts jsonb default '{}', approvals jsonb default '[]'
) returns boolean
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    mine      auth.turns;
    embedding auth.turns;
    spent     bigint;
    embedded  bigint := 0;
begin
    select * into mine from auth.turns as known
    where known.tenant_id = tenant and known.id = turn and known.settlement = sha256(settle_turn.settlement)
    for no key update;
    if not found then
        perform context.refuse_missing('turn');
    end if;
    if mine.settled_at is not null then
        return false;
    end if;
    perform context.act(mine.user_id, mine.tenant_id, facts);

    update app.messages as answer set
        status = settle_turn.outcome, content = coalesce(settle_turn.content, ''), parts = coalesce(settle_turn.parts, '[]'),
        finish_reason = settle_turn.finish_reason, error_code = settle_turn.error_code, provenance = settle_turn.provenance
    where answer.tenant_id = mine.tenant_id and answer.id = mine.answer_id and answer.turn_id = mine.id;

    insert into auth.tool_approvals (tenant_id, id, user_id, answer_id, tool_id, fingerprint, call_id)
    select mine.tenant_id, (one ->> 'id')::uuid, mine.user_id, mine.answer_id,
        (one ->> 'toolId')::uuid, one ->> 'fingerprint', one ->> 'callId'
    from jsonb_array_elements(approvals) as one
    where settle_turn.outcome = 'complete'
        and exists (select from app.messages as answer where answer.tenant_id = mine.tenant_id and answer.id = mine.answer_id);

    -- What embedding the question took is settled with the answer, in budgets that may be others.
    select * into embedding from auth.turns as known
    where known.tenant_id = mine.tenant_id and known.embeds_for = mine.id and known.settled_at is null
    for no key update;
    spent := context.note_usage(mine, settle_turn.outcome, usage);
    if embedding.id is not null and usage ? 'embedding' then
        embedded := context.note_usage(embedding, 'complete', usage -> 'embedding');
    end if;
    update auth.turns as known set settled_at = now(), outcome = settle_turn.outcome, held_micros = 0
    where known.tenant_id = mine.tenant_id and known.id in (mine.id, embedding.id);
    perform context.release(
        array_fill(mine.tenant_id, array[cardinality(mine.budgets) + coalesce(cardinality(embedding.budgets), 0)]),
        mine.budgets || embedding.budgets,
        array_fill(mine.held_micros, array[cardinality(mine.budgets)])
            || array_fill(embedding.held_micros, array[coalesce(cardinality(embedding.budgets), 0)]),
        array_fill(spent, array[cardinality(mine.budgets)])
            || array_fill(embedded, array[coalesce(cardinality(embedding.budgets), 0)]));
    -- What a person said is read for what to remember of them once they have had the time to say it. What programs ask with a key,
    -- guests and the operator's support tells of nobody who comes again.
    if mine.credential_kind = 'session' and mine.conversation_id is not null and mine.generator = 'model' then
        insert into auth.memory_readings as reading (tenant_id, user_id, due_at)
        select member.tenant_id, member.user_id, now() + interval '10 minutes'
        from app.memberships as member
        where member.tenant_id = mine.tenant_id and member.user_id = mine.user_id
        on conflict (tenant_id, user_id) do update set due_at = excluded.due_at
        where reading.due_at is null;
    end if;
    return true;
end
$$;
grant execute on function auth.settle_turn(uuid, uuid, bytea, text, text, jsonb, jsonb, text, text, jsonb, jsonb, jsonb) to rowhouse_auth;
comment on function auth.settle_turn(uuid, uuid, bytea, text, text, jsonb, jsonb, text, text, jsonb, jsonb, jsonb) is
    'Ends a turn, once: answer, usage, budgets. Needs the secret of the turn and no credential. Raises RH404.';
reset role;
