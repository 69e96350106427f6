-- Ends whatever opens a tenant: its sessions and its API keys, for good, also if the tenant comes back.
set local role rowhouse_definer;
create or replace function auth.shut_tenant(tenant uuid) returns table (sessions integer, keys integer)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    update auth.sessions as session set ended_at = now(), end_reason = 'tenant_deleted'
    where session.tenant_id = tenant and session.ended_at is null;
    get diagnostics sessions = row_count;
    update auth.api_keys as key set revoked_at = now()
    where key.tenant_id = tenant and key.revoked_at is null and (key.expires_at is null or key.expires_at > now());
    get diagnostics keys = row_count;
    return next;
end
$$;
comment on function auth.shut_tenant(uuid) is
    'Ends the sessions of a tenant and revokes its API keys; how many there were.';
reset role;
