-- Each turn that is over is added to its day. One row is changed, of one person: people who ask at once do not wait for each other.
set local role rowhouse_definer;
create or replace function app.count_usage() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    -- What is read for memories and what is embedded costs tokens, and is no turn that somebody took.
    chat       constant integer := (new.generator not in ('memory', 'embedding'))::integer;
    first_step constant integer := context.latency_step(new.first_token_ms);
    total_step constant integer := context.latency_step(new.total_ms);
begin
    insert into app.usage_days as counted (
        tenant_id, day, user_id, team_id, api_key_id, generator, model, turns, stopped, failed,
        input_tokens, cached_input_tokens, output_tokens, reasoning_tokens, cost_micros, unpriced,
        first_counts, total_counts
    ) values (
        new.tenant_id, (new.created_at at time zone 'UTC')::date, new.user_id, new.team_id, new.api_key_id, new.generator, new.model,
        chat, chat * (new.outcome = 'stopped')::integer, chat * (new.outcome = 'failed')::integer,
        new.input_tokens, new.cached_input_tokens, new.output_tokens, new.reasoning_tokens,
        coalesce(new.cost_micros, 0), (new.cost_micros is null)::integer,
        context.counting(array_fill(0, '{21}'), first_step), context.counting(array_fill(0, '{21}'), total_step)
    )
    on conflict on constraint usage_days_once do update set
        turns = counted.turns + excluded.turns,
        stopped = counted.stopped + excluded.stopped,
        failed = counted.failed + excluded.failed,
        input_tokens = counted.input_tokens + excluded.input_tokens,
        cached_input_tokens = counted.cached_input_tokens + excluded.cached_input_tokens,
        output_tokens = counted.output_tokens + excluded.output_tokens,
        reasoning_tokens = counted.reasoning_tokens + excluded.reasoning_tokens,
        cost_micros = counted.cost_micros + excluded.cost_micros,
        unpriced = counted.unpriced + excluded.unpriced,
        first_counts = context.counting(counted.first_counts, first_step),
        total_counts = context.counting(counted.total_counts, total_step);
    return null;
end
$$;
grant execute on function app.count_usage() to rowhouse_owner;
comment on function app.count_usage() is 'Trigger: a turn that is over is added to its day, in the same transaction.';
reset role;

create or replace trigger count_usage after insert on app.usage_events
    for each row execute function app.count_usage();
