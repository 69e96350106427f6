-- Keeps what an MCP server of the caller's tenant lists. A tool that is as it was approved stays approved; one that is new or
-- different waits for an admin, and one that is listed no more is forgotten with its approval, so that it does not come back as
-- another. What is no name of a function for a model, says nothing of itself or is too large is not kept.
--
-- listed: [{name, description, inputSchema}]
-- Raises RH403, RH404, RH480.
set local role rowhouse_definer;
create or replace function context.keep_listed_tools(server uuid, listed jsonb) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tenant constant uuid := context.tenant_requiring('configure_model');
begin
    perform from app.tool_servers as known
    where known.tenant_id = tenant and known.id = server and known.kind = 'mcp'
    for no key update;
    if not found then
        perform context.refuse_missing('MCP server');
    end if;
    delete from app.tools as known
    where known.tenant_id = tenant and known.server_id = server
        and not exists (select from jsonb_array_elements(listed) as one where one ->> 'name' = known.name);
    insert into app.tools as known (tenant_id, server_id, name, description, input_schema)
    select distinct on (one ->> 'name') tenant, server, one ->> 'name', one ->> 'description', one -> 'inputSchema'
    from jsonb_array_elements(listed) as one
    where one ->> 'name' ~ '^[A-Za-z0-9_-]{1,40}$'
        and length(one ->> 'description') <= 4000 and not app.is_blank(one ->> 'description')
        and one -> 'inputSchema' ->> 'type' = 'object' and octet_length((one -> 'inputSchema')::text) <= 16384
    on conflict (tenant_id, server_id, name) do update set
        description = excluded.description, input_schema = excluded.input_schema
    where (known.description, known.input_schema) is distinct from (excluded.description, excluded.input_schema);
end
$$;
grant execute on function context.keep_listed_tools(uuid, jsonb) to rowhouse_app;
comment on function context.keep_listed_tools(uuid, jsonb) is
    'Keeps what an MCP server of the caller''s tenant lists; what is new or different waits to be approved. Raises RH403, RH404, RH480.';
reset role;
