-- Whom a system prompt would speak of if the caller asked now, for its preview: as context.begin_turn() tells it.
create or replace function app.prompt_asker() returns jsonb
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select context.asker_of_caller()
$$;
grant execute on function app.prompt_asker() to rowhouse_app;
comment on function app.prompt_asker() is
    'What a system prompt would say of the caller, for its preview. Needs configure_model.';
