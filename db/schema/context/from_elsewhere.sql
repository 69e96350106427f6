-- Whether a request comes from another browser, program or network than the session's, as far as the tenant cares
-- (app.tenants.fingerprint, fingerprint_network). It catches a token that was copied without care, no more: whoever
-- copies it with its user agent passes.
--
-- The same text is the same browser, and nearly always it is the same: context.device() is asked for the rest only.
-- Its body is bound when it is made, and without a `set`, so that the planner inlines it.
create or replace function context.from_elsewhere(holder context.holder, facts jsonb) returns boolean
    language sql immutable parallel safe security invoker
    return holder.user_agent is not null
        and holder.user_agent is distinct from facts ->> 'user_agent'
        and case holder.fingerprint
            when 'off' then false
            when 'exact' then true
            else context.device(holder.user_agent) is distinct from context.device(facts ->> 'user_agent')
        end
        or holder.bound_ip is not null
        and auth.network(holder.bound_ip) is distinct from auth.network((facts ->> 'ip')::inet);
grant execute on function context.from_elsewhere(context.holder, jsonb) to rowhouse_definer;
comment on function context.from_elsewhere(context.holder, jsonb) is
    'Whether a request comes from another browser, program or network than its session is bound to.';
