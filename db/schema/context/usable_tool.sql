-- Whether a tool is still what it was, and for somebody of these teams: on, approved, its server on, and its fingerprint the one that
-- was offered.
set local role rowhouse_definer;
create or replace function context.usable_tool(tenant uuid, tool uuid, fingerprint text, teams uuid[]) returns boolean
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select exists (
        select from app.tools as known
        join app.tool_servers as server on server.tenant_id = known.tenant_id and server.id = known.server_id
        where known.tenant_id = tenant and known.id = tool and known.active and known.approved
            and known.fingerprint = usable_tool.fingerprint
            and server.active and (server.team_id is null or server.team_id = any (coalesce(teams, '{}')))
    )
$$;
comment on function context.usable_tool(uuid, uuid, text, uuid[]) is
    'Whether a tool is on, approved, what it was when it was offered, and for somebody of these teams.';
reset role;
