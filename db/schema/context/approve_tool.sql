-- Approves a tool of the caller's tenant as it is, which whoever approves it says by its fingerprint: what changed since they looked is
-- not approved. Raises RH403, RH404, RH440, RH462.
set local role rowhouse_definer;
create or replace function context.approve_tool(tool uuid, fingerprint text) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tenant constant uuid := context.tenant_requiring('configure_model');
begin
    if context.kind_in(context.open_seal()) = 'session' then
        perform context.require_fresh_sign_in();
    end if;
    perform from app.tools as known where known.tenant_id = tenant and known.id = tool for no key update;
    if not found then
        perform context.refuse_missing('tool');
    end if;
    update app.tools as known set approved_fingerprint = known.fingerprint
    where known.tenant_id = tenant and known.id = tool and known.fingerprint = approve_tool.fingerprint;
    if not found then
        perform context.refuse_tool();
    end if;
end
$$;
grant execute on function context.approve_tool(uuid, text) to rowhouse_app;
comment on function context.approve_tool(uuid, text) is
    'Approves a tool of the caller''s tenant as it is. Raises RH403, RH404, RH440, RH462.';
reset role;
