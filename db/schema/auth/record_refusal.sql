-- Writes a refusal into the trail. The refused transaction rolled back, so the server reports it in one
-- of its own, for the credential that was refused (sha256 of the secret; null for none).
set local role rowhouse_definer;
create or replace function auth.record_refusal(credential bytea, code text, detail text, facts jsonb) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    holder context.holder;
begin
    select * into holder from context.find_session(sha256(credential));
    if not found then
        select * into holder from context.find_api_key(sha256(credential));
    end if;
    perform context.act(holder.user_id, holder.tenant_id, facts);
    perform audit.record_event('access.refused', holder.tenant_id, jsonb_strip_nulls(jsonb_build_object(
        'code', code, 'detail', record_refusal.detail, 'credential', holder.credential_id)));
end
$$;
grant execute on function auth.record_refusal(bytea, text, text, jsonb) to rowhouse_auth;
comment on function auth.record_refusal(bytea, text, text, jsonb) is
    'Writes a refusal into the trail, in a transaction of its own, under the refused credential.';
reset role;
