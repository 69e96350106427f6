-- Why whoever holds this credential may not go on, or null if they may. The door, refreshing and signing out ask the
-- same question here. Each answer has a row of its own in context.errors, or shares the one of RH401.
--
-- Its body is bound when it is made, and without a `set`, so that it costs the door nothing: the planner inlines it.
create or replace function context.fault_of(holder context.holder, facts jsonb) returns text
    language sql immutable parallel safe security invoker
    return case
        when holder.credential_id is null then 'unknown'
        -- Of whom nothing is left, no session is, and no key.
        when holder.ended or holder.user_status = 'deleted' then case holder.kind when 'api_key' then 'revoked' when 'support' then 'support_ended' else 'ended' end
        when holder.expired then 'expired'
        when holder.key_thumbprint is not null and facts ->> 'key_thumbprint' is distinct from holder.key_thumbprint
            then 'key_mismatch'
        when context.from_elsewhere(holder, facts) then 'fingerprint_mismatch'
        when (facts ->> 'tenant_id')::uuid is distinct from holder.tenant_id and facts ->> 'tenant_id' is not null
            then 'other_tenant'
        when holder.user_status <> 'active' then 'user_' || holder.user_status
        when holder.tenant_id is null then null
        when holder.tenant_status <> 'active' then 'tenant_' || holder.tenant_status
        when holder.membership_status <> 'active' then 'membership_' || holder.membership_status
    end;
grant execute on function context.fault_of(context.holder, jsonb) to rowhouse_definer;
comment on function context.fault_of(context.holder, jsonb) is
    'Why a credential does not open the door (the detail of RH401), judged in this order; null if it does.';
