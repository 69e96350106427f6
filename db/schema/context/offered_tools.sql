-- The tools that a model may have called for the caller, with all that a call takes: those of their company and their teams that are
-- on and are what an admin approved. None for a guest, for a key that stands in a web page and for the operator's support: a tool
-- learns who asks, and of these that says nothing.
--
-- Null where there is none; else {identity: {subject, tenantId, tenant}, tools: [{id, name, remoteName, description, inputSchema, approval,
-- fingerprint, kind, url, method, path, secret: {id, header, sealed}}]}
set local role rowhouse_definer;
create or replace function context.offered_tools() returns jsonb
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    with caller as materialized (select context.open_seal('chat') as body)
    select jsonb_build_object(
        'identity', jsonb_build_object(
            'subject', context.user_in(max(caller.body)), 'tenantId', context.tenant_in(max(caller.body)), 'tenant', max(place.slug)),
        'tools', jsonb_agg(jsonb_build_object(
            'id', tool.id, 'name', server.name || '_' || tool.name, 'remoteName', tool.name, 'description', tool.description,
            'inputSchema', tool.input_schema, 'approval', tool.approval, 'fingerprint', tool.fingerprint,
            'kind', server.kind, 'url', server.url, 'method', tool.method, 'path', tool.path,
            'secret', case when secret.id is not null then jsonb_build_object(
                'id', secret.id, 'header', secret.header, 'sealed', secret.sealed) end
        ) order by server.name, tool.name))
    from caller
    join app.tenants as place on place.id = context.tenant_in(caller.body)
    join app.tool_servers as server on server.tenant_id = place.id and server.active
        and (server.team_id is null or server.team_id = any (context.teams_in(caller.body)))
    join app.tools as tool on tool.tenant_id = place.id and tool.server_id = server.id and tool.active and tool.approved
    left join auth.tool_secrets as secret on secret.tenant_id = place.id and secret.server_id = server.id
    where context.tool_caller(context.kind_in(caller.body), context.credential_in(caller.body))
    having count(*) > 0
$$;
comment on function context.offered_tools() is
    'The tools that a model may have called for the caller, with all that a call takes; null where there is none.';
reset role;
