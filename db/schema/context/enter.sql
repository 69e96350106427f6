-- The one door. The first statement of every transaction on behalf of a caller.
--
-- credential: sha256 of the secret (a session's handle or an API key); the secret itself never comes here.
--             From psql: select context.enter(sha256('rh_sk_…'));
-- facts:      request_id, ip, user_agent, and tenant_id if the credential names one (a token's `tid`).
--
-- Everything is looked up afresh, so that a sign-out, a ban, a suspension or a changed role bites on the
-- next transaction. Raises RH401 (the detail says why) and then nothing of an earlier context is left.
set local role rowhouse_definer;
create or replace function context.enter(credential bytea, facts jsonb default '{}') returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    holder context.holder;
    reason text;
begin
    select * into holder from context.find_session(sha256(credential));
    if not found then
        select * into holder from context.find_api_key(sha256(credential));
    end if;

    reason := case
        when holder.credential_id is null then 'unknown'
        when holder.ended then 'ended'
        when holder.expired then 'expired'
        when holder.user_agent is distinct from facts ->> 'user_agent' and holder.user_agent is not null
            then 'fingerprint_mismatch'
        when (facts ->> 'tenant_id')::uuid is distinct from holder.tenant_id and facts ->> 'tenant_id' is not null
            then 'other_tenant'
        when holder.user_status <> 'active' then 'user_' || holder.user_status
        when holder.tenant_id is null then null
        when holder.tenant_status <> 'active' then 'tenant_' || holder.tenant_status
        when holder.membership_status <> 'active' then 'membership_' || holder.membership_status
    end;
    if reason is not null then
        raise exception using
            errcode = 'RH401',
            message = 'this credential does not open the door',
            detail = reason,
            hint = 'Sign in again.';
    end if;

    perform context.seal(jsonb_build_object(
        'kind', holder.kind,
        'credential', holder.credential_id,
        'user', holder.user_id,
        'tenant', holder.tenant_id,
        'owner', holder.is_owner,
        'permissions', holder.permissions,
        'request_id', facts ->> 'request_id',
        'ip', facts ->> 'ip',
        'user_agent', facts ->> 'user_agent'
    ));
end
$$;
grant execute on function context.enter(bytea, jsonb) to rowhouse_app, rowhouse_worker;
comment on function context.enter(bytea, jsonb) is
    'The one door: turns a credential digest into the sealed context of this transaction, from live rows. Raises RH401.';
reset role;
