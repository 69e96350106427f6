-- Writes a refusal into the trail. The refused transaction rolled back, so the server reports it in one
-- of its own, for the credential that was refused (sha256 of the secret; null for none).
--
-- What nobody knows is counted only. A credential that is known but dead can be shown for ever: the first time in an
-- hour is an event, all of them are counted. What a live one was refused is an event each time.
set local role rowhouse_definer;
create or replace function auth.record_refusal(credential bytea, code text, detail text, facts jsonb) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    holder context.holder := context.known_holder(credential);
begin
    if holder.credential_id is null then
        perform audit.tally_stranger('access.unknown_credential', auth.network((facts ->> 'ip')::inet));
        return;
    end if;
    if code = 'RH401' and audit.tally('access.refused', concat_ws(' ', holder.credential_id, left(detail, 40))) > 1 then
        return;
    end if;
    if holder.kind = 'support' then
        -- The trail tells an operator from whom they act as, also where they were refused.
        holder.permissions := '{}';
        perform context.seal(context.body_of(holder, context.stated(facts)));
    else
        perform context.act(holder.user_id, holder.tenant_id, facts);
    end if;
    perform audit.record_event('access.refused', holder.tenant_id, jsonb_strip_nulls(jsonb_build_object(
        'code', code, 'detail', record_refusal.detail, 'credential', holder.credential_id,
        -- A session that is over for another reason may be in other hands too.
        'fingerprint', case when context.from_elsewhere(holder, facts) then 'mismatch' end)));
end
$$;
grant execute on function auth.record_refusal(bytea, text, text, jsonb) to rowhouse_auth;
comment on function auth.record_refusal(bytea, text, text, jsonb) is
    'Writes a refusal into the trail, in a transaction of its own, under the refused credential; counts it where nobody knows that credential.';
reset role;
