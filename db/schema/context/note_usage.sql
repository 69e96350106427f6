-- Writes what a turn used, for good, and what that costs. Returns the cost; 0 where nobody knows the price.
--
-- usage: as for auth.settle_turn()
set local role rowhouse_definer;
create or replace function context.note_usage(mine auth.turns, outcome text, usage jsonb) returns bigint
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    spent app.usage_events;
begin
    -- More of a part than of the whole is a provider's mistake, and no reason to lose the rest.
    spent.input_tokens := greatest(coalesce((usage ->> 'inputTokens')::integer, 0), 0);
    spent.cached_input_tokens := least(greatest(coalesce((usage ->> 'cachedInputTokens')::integer, 0), 0), spent.input_tokens);
    spent.output_tokens := greatest(coalesce((usage ->> 'outputTokens')::integer, 0), 0);
    spent.reasoning_tokens := least(greatest(coalesce((usage ->> 'reasoningTokens')::integer, 0), 0), spent.output_tokens);
    spent.cost_micros := case when mine.generator = 'curated' then 0 else context.price_of(
        mine.model, spent.input_tokens, spent.cached_input_tokens, spent.output_tokens, spent.reasoning_tokens) end;
    insert into app.usage_events (
        tenant_id, turn_id, user_id, api_key_id, team_id, conversation_id, generator, model, outcome,
        input_tokens, cached_input_tokens, output_tokens, reasoning_tokens, estimated, cost_micros, first_token_ms, total_ms
    ) values (
        mine.tenant_id, mine.id, mine.user_id, case mine.credential_kind when 'api_key' then mine.credential_id end,
        mine.team_id, mine.conversation_id, mine.generator, mine.model, note_usage.outcome,
        spent.input_tokens, spent.cached_input_tokens, spent.output_tokens, spent.reasoning_tokens,
        coalesce((usage ->> 'estimated')::boolean, false), spent.cost_micros,
        (usage ->> 'firstTokenMs')::integer, (usage ->> 'totalMs')::integer
    );
    return coalesce(spent.cost_micros, 0);
end
$$;
comment on function context.note_usage(auth.turns, text, jsonb) is
    'Writes what a turn used and returns what it cost, 0 where nobody knows the price.';
reset role;
