-- Sets, or takes away, the header with which a tool server knows the company.
--
-- secret_id, sealed_secret: made by the server, which encrypts the secret; null: there is to be none
create or replace function app.set_tool_secret(secret_id uuid, sealed_secret text, server_id uuid, header text default null)
    returns app.tool_servers
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    server app.tool_servers;
begin
    perform context.keep_tool_secret(set_tool_secret.server_id, secret_id, header, sealed_secret);
    select * into server from app.tool_servers as known where known.id = set_tool_secret.server_id;
    return server;
end
$$;
grant execute on function app.set_tool_secret(uuid, text, uuid, text) to rowhouse_app;
comment on function app.set_tool_secret(uuid, text, uuid, text) is
    'Sets the header with which a tool server knows the company; without a secret, takes it away. Needs configure_model.';
