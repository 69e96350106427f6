-- Whether a tool may be called now, in a turn that is under way: asked before each call. Whoever asked is looked up afresh, and so is the
-- tool. Where an MCP server says something else of a tool than what was approved, the approval is gone, before anything is called.
--
-- listed: {description, inputSchema}, as the server lists the tool at this moment; of an HTTP API null
-- Returns null, or why not: `ended`, the turn is over or the credential is; `removed`, it is not for the caller any more; `changed`.
-- Raises RH404.
set local role rowhouse_definer;
create or replace function auth.open_tool_call(
    tenant uuid, turn uuid, settlement bytea, tool uuid, fingerprint text, listed jsonb default null
) returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    mine auth.turns;
    live record;
begin
    select * into mine from auth.turns as known
    where known.tenant_id = tenant and known.id = turn and known.settlement = sha256(open_tool_call.settlement);
    if not found then
        perform context.refuse_missing('turn');
    end if;
    select * into live from context.state_of_credential(mine.tenant_id, mine.credential_kind, mine.credential_id);
    if mine.settled_at is not null or mine.lost_at is not null or mine.stop_asked_at is not null
        or live.fault is not null or not 'chat' = any (live.permissions)
        or not context.tool_caller(mine.credential_kind, mine.credential_id)
    then
        return 'ended';
    end if;
    if not context.usable_tool(mine.tenant_id, tool, open_tool_call.fingerprint, live.teams) then
        return 'removed';
    end if;
    if listed is not null and exists (
        select from app.tools as known
        where known.tenant_id = mine.tenant_id and known.id = tool
            and (known.description, known.input_schema) is distinct from (listed ->> 'description', listed -> 'inputSchema')
    ) then
        perform context.act(mine.user_id, mine.tenant_id, '{}');
        update app.tools as known set approved_fingerprint = null where known.tenant_id = mine.tenant_id and known.id = tool;
        return 'changed';
    end if;
    return null;
end
$$;
grant execute on function auth.open_tool_call(uuid, uuid, bytea, uuid, text, jsonb) to rowhouse_auth;
comment on function auth.open_tool_call(uuid, uuid, bytea, uuid, text, jsonb) is
    'Whether a tool may be called now, in a turn that is under way: null, or why not. Takes the approval of one that changed. Raises RH404.';
reset role;
