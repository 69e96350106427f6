-- What a policy cannot say of a tool: a tenant has fifty at most; one of an HTTP API says how it is called, and its admins, who write
-- it, approve it by that. Whatever changes of it, its fingerprint changes. Without asking anybody a tool is called only since somebody
-- who proved lately who they are said so.
set local role rowhouse_definer;
create or replace function app.guard_tool() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    body   constant text := context.actor();
    server app.tool_servers;
begin
    select * into server from app.tool_servers as known where known.tenant_id = new.tenant_id and known.id = new.server_id;
    if not found then
        perform context.refuse_missing('tool server');
    end if;
    if (server.kind = 'http') <> (new.method is not null) then
        raise exception using
            errcode = 'RH400',
            message = 'a tool of an HTTP API has a method and a path, and one of an MCP server has none',
            column = 'method',
            constraint = 'tools_of_their_kind';
    end if;
    if tg_op = 'INSERT' then
        -- Two at once take turns, so that the limit is exact.
        perform pg_advisory_xact_lock(hashtextextended(format('tools %s', new.tenant_id), 0));
        if (select count(*) >= 50 from app.tools as known where known.tenant_id = new.tenant_id) then
            raise exception using
                errcode = 'RH480',
                message = '50 of 50 tools are there',
                hint = 'Remove one that is not needed any more.';
        end if;
    end if;
    if context.is_caller() then
        -- Whoever entered another of their tenants in the middle of the statement shows what they hold there.
        if context.tenant_in(body) is distinct from new.tenant_id then
            perform context.refuse('broken_seal');
        end if;
        if context.kind_in(body) = 'session' and new.approval = 'never' and (tg_op = 'INSERT' or old.approval <> 'never') then
            perform context.require_fresh_sign_in();
        end if;
    end if;
    new.fingerprint := context.tool_fingerprint(
        server.url, new.method, new.path, new.name, new.description, new.input_schema);
    if server.kind = 'http' then
        new.approved_fingerprint := new.fingerprint;
    end if;
    return new;
end
$$;
grant execute on function app.guard_tool() to rowhouse_owner;
comment on function app.guard_tool() is
    'Trigger: a tenant has fifty tools at most (RH480), of their server''s kind (RH400), whose fingerprint is of all that they are; asking nobody wants a fresh sign-in (RH440).';
reset role;

create or replace trigger guard_tool before insert or update on app.tools
    for each row execute function app.guard_tool();
