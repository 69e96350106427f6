-- Keeps what an MCP server offers now, which the server asked it.
create or replace function app.refresh_tool_server(server_id uuid, listed jsonb) returns app.tool_servers
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    server app.tool_servers;
begin
    perform context.keep_listed_tools(refresh_tool_server.server_id, listed);
    select * into server from app.tool_servers as known where known.id = refresh_tool_server.server_id;
    return server;
end
$$;
grant execute on function app.refresh_tool_server(uuid, jsonb) to rowhouse_app;
comment on function app.refresh_tool_server(uuid, jsonb) is
    'Asks an MCP server what it offers now: what is new or different waits to be approved. Needs configure_model.';
