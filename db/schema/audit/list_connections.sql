-- For an access review: by which ways programs elsewhere get something of the tenant's, or people of elsewhere come in. Of an address
-- only the host: the rest may hold a token.
set local role rowhouse_definer;
create or replace function audit.list_connections(tenant uuid)
    returns table (kind text, id uuid, name text, told text[], active boolean, created_at timestamptz)
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select
        'webhook', endpoint.id, substring(endpoint.url from '^(https?://(\[[^]]*\]|[^/?:]+)(:[0-9]+)?)'), endpoint.events,
        endpoint.active, endpoint.created_at
    from app.webhook_endpoints as endpoint
    where endpoint.tenant_id = list_connections.tenant
    union all
    select 'domain', door.id, door.domain, array[role.name], door.admits and door.verified_at is not null, door.created_at
    from app.domains as door
    join app.roles as role on role.tenant_id = door.tenant_id and role.id = door.role_id
    where door.tenant_id = list_connections.tenant
    union all
    select
        'tool server', server.id, substring(server.url from '^(https?://(\[[^]]*\]|[^/?:]+)(:[0-9]+)?)'), array[server.name, server.kind],
        server.active, server.created_at
    from app.tool_servers as server
    where server.tenant_id = list_connections.tenant
    union all
    select
        'audit stream', stream.id, substring(stream.url from '^([a-z]+://(\[[^]]*\]|[^/?:]+)(:[0-9]+)?)'), array[stream.kind, stream.format],
        stream.active, stream.created_at
    from app.audit_streams as stream
    where stream.tenant_id = list_connections.tenant
$$;
grant execute on function audit.list_connections(uuid) to rowhouse_auditor;
comment on function audit.list_connections(uuid) is
    'For an access review: where a tenant''s events and its trail go, whose people may join by themselves, and where its tools are called.';
reset role;
