-- Keeps the secret by which a tool server of the caller's tenant knows the company, encrypted by the server under the id that it gives
-- with it, in the place of the one before; without a secret, forgets it.
set local role rowhouse_definer;
create or replace function context.keep_tool_secret(server uuid, id uuid, header text, sealed text) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tenant constant uuid := context.tenant_requiring('configure_model');
begin
    perform from app.tool_servers as known where known.tenant_id = tenant and known.id = server for no key update;
    if not found then
        perform context.refuse_missing('tool server');
    end if;
    if context.kind_in(context.open_seal()) = 'session' then
        perform context.require_fresh_sign_in();
    end if;
    delete from auth.tool_secrets as known where known.tenant_id = tenant and known.server_id = server;
    if sealed is not null then
        insert into auth.tool_secrets (tenant_id, id, server_id, header, sealed)
        values (tenant, keep_tool_secret.id, server, keep_tool_secret.header, keep_tool_secret.sealed);
    end if;
end
$$;
grant execute on function context.keep_tool_secret(uuid, uuid, text, text) to rowhouse_app;
comment on function context.keep_tool_secret(uuid, uuid, text, text) is
    'Keeps, or forgets, the secret that a tool server of the caller''s tenant is sent. Raises RH403, RH404, RH440.';
reset role;
