-- Whether a credential that opened the door some time ago would still do so, by its id, and what its holder may do now. What
-- the request was asked for (browser, network, proof of a key) is taken as given, because there is no request any more.
set local role rowhouse_definer;
create or replace function context.state_of_credential(
    tenant uuid, kind text, credential uuid, out fault text, out permissions text[], out teams uuid[]
)
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
declare
    holder context.holder;
begin
    if kind = 'api_key' then
        select (found.holder).* into holder from context.api_key_holders as found
        where (found.holder).tenant_id = tenant and (found.holder).credential_id = credential;
    elsif kind = 'support' then
        select (found.holder).* into holder from context.support_holders as found
        where (found.holder).tenant_id = tenant and (found.holder).credential_id = credential;
    else
        select (found.holder).* into holder from context.session_holders as found
        where (found.holder).credential_id = credential;
    end if;
    fault := case when holder.credential_id is null then 'ended' else context.fault_of(holder, jsonb_build_object(
        'tenant_id', tenant, 'key_thumbprint', holder.key_thumbprint, 'user_agent', holder.user_agent,
        'ip', host(holder.bound_ip))) end;
    permissions := coalesce(holder.permissions, '{}');
    teams := split_part(holder.teams, ' ', 1)::uuid[];
end
$$;
comment on function context.state_of_credential(uuid, text, uuid) is
    'Whether a credential would still open the door, by its id; with the permissions and teams of its holder.';
reset role;
