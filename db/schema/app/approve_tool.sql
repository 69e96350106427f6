create or replace function app.approve_tool(id uuid, fingerprint text) returns app.tools
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    tool app.tools;
begin
    perform context.approve_tool(approve_tool.id, approve_tool.fingerprint);
    select * into tool from app.tools as known where known.id = approve_tool.id;
    return tool;
end
$$;
grant execute on function app.approve_tool(uuid, text) to rowhouse_app;
comment on function app.approve_tool(uuid, text) is
    'Approves a tool as it is, which its fingerprint says. Needs configure_model.';
