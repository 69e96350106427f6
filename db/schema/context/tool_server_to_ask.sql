-- An MCP server of the caller's tenant with all that it takes to ask it what it offers: for the server, before it lists. The secret is
-- encrypted; who asks is whom the identity names.
set local role rowhouse_definer;
create or replace function context.tool_server_to_ask(server uuid) returns jsonb
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
declare
    tenant constant uuid := context.tenant_requiring('configure_model');
    found_one jsonb;
begin
    select jsonb_build_object(
        'url', known.url, 'secret', case when secret.id is not null then jsonb_build_object(
            'id', secret.id, 'header', secret.header, 'sealed', secret.sealed) end,
        'identity', jsonb_build_object('subject', context.user_id(), 'tenantId', tenant, 'tenant', place.slug))
    into found_one
    from app.tool_servers as known
    join app.tenants as place on place.id = known.tenant_id
    left join auth.tool_secrets as secret on secret.tenant_id = known.tenant_id and secret.server_id = known.id
    where known.tenant_id = tenant and known.id = server and known.kind = 'mcp';
    if found_one is null then
        perform context.refuse_missing('MCP server');
    end if;
    return found_one;
end
$$;
grant execute on function context.tool_server_to_ask(uuid) to rowhouse_app;
comment on function context.tool_server_to_ask(uuid) is
    'Where and how an MCP server of the caller''s tenant is asked what it offers. Raises RH403, RH404.';
reset role;
