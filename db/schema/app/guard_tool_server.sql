-- What a policy cannot say of a tool server: a tenant has twenty at most; and whoever has people's identity shown to somewhere new
-- proved lately who they are, because that outlives their session.
set local role rowhouse_definer;
create or replace function app.guard_tool_server() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    body constant text := context.actor();
begin
    if tg_op = 'INSERT' then
        -- Two at once take turns, so that the limit is exact.
        perform pg_advisory_xact_lock(hashtextextended(format('tool servers %s', new.tenant_id), 0));
        if (select count(*) >= 20 from app.tool_servers as known where known.tenant_id = new.tenant_id) then
            raise exception using
                errcode = 'RH480',
                message = '20 of 20 tool servers are there',
                hint = 'Remove one that is not needed any more.';
        end if;
    end if;
    if context.is_caller() then
        -- Whoever entered another of their tenants in the middle of the statement shows what they hold there.
        if context.tenant_in(body) is distinct from new.tenant_id then
            perform context.refuse('broken_seal');
        end if;
        if context.kind_in(body) = 'session'
            and (tg_op = 'INSERT' or new.active and not old.active or new.team_id is distinct from old.team_id)
        then
            perform context.require_fresh_sign_in();
        end if;
    end if;
    return new;
end
$$;
grant execute on function app.guard_tool_server() to rowhouse_owner;
comment on function app.guard_tool_server() is
    'Trigger: a tenant has twenty tool servers at most (RH480), which are added, switched on and given to others after a fresh sign-in only (RH440).';
reset role;

create or replace trigger guard_tool_server before insert or update on app.tool_servers
    for each row execute function app.guard_tool_server();
