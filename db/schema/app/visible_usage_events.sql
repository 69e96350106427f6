-- What the caller may see of what was used, so that a page costs a page also for somebody who asked twice in a company that
-- asked a million times: as visible_conversations.sql, with the table here twice and one of the two shut.
create or replace function app.visible_usage_events() returns setof app.usage_events
    language sql stable parallel restricted security invoker
begin atomic
    select
        tenant_id, id, turn_id, user_id, api_key_id, team_id, conversation_id, generator, model, outcome, input_tokens,
        cached_input_tokens, output_tokens, reasoning_tokens, estimated, cost_micros, first_token_ms, total_ms, created_at
    from (
        select true as everybodys, (select context.user_id()) as reader, * from app.usage_events
        union all
        select false, user_id, * from app.usage_events
    ) as visible
    where tenant_id = (select context.tenant_id()) and reader = (select context.user_id())
        and everybodys = (select context.may('view_analytics'));
end;
grant execute on function app.visible_usage_events() to rowhouse_app;
comment on function app.visible_usage_events() is
    'What answers took and cost: everybody''s with view_analytics, else the caller''s own. Figures and ids, never what was said.';
