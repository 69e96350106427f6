-- What a model may have called for the caller, as far as it is for them to know: not where.
do $$
begin
    if to_regtype('app.offered_tool') is null then
        create type app.offered_tool as (
            id          uuid,
            name        text,
            description text,
            approval    text
        );
    end if;
end
$$;
comment on type app.offered_tool is 'A tool that a model may have called for the caller.';
comment on column app.offered_tool.id is 'Its key.';
comment on column app.offered_tool.name is 'What the model calls it by: its server''s name, _ and its own.';
comment on column app.offered_tool.description is 'What the model is told of it.';
comment on column app.offered_tool.approval is 'Whether whoever asks is asked before each call. always: it waits for their yes; never: it is called at once.';

create or replace function app.my_tools() returns setof app.offered_tool
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select (tool ->> 'id')::uuid, tool ->> 'name', tool ->> 'description', tool ->> 'approval'
    from jsonb_array_elements(context.tools_of_caller()) as tool
$$;
grant execute on function app.my_tools() to rowhouse_app;
comment on function app.my_tools() is 'The tools that a model may have called for the caller, by name. Needs chat.';
