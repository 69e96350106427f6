-- The one door. The first statement of every transaction on behalf of a caller.
--
-- credential: sha256 of the secret (a session's handle, an API key or an access for support); the secret itself never comes here.
--             From psql: select context.enter(sha256('rh_sk_…'));
-- facts:      request_id, ip, user_agent; tenant_id if the credential names one (a token's `tid`); origin, the page that
--             asks, for an API key; key_thumbprint, of the key whose possession the request proved (DPoP); idempotency if the request is to make its changes once (context.claim_idempotency_key).
--
-- Everything is looked up afresh, so that a sign-out, a ban, a suspension or a changed role bites on the
-- next transaction. Raises RH401 (the detail says why) and then nothing of an earlier context is left.
set local role rowhouse_definer;
create or replace function context.enter(credential bytea, facts jsonb default '{}') returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    fault text;
    body  text;
begin
    select context.fault_of(found.holder, facts), context.body_of(found.holder, context.stated(facts))
    into fault, body
    from context.session_holders as found where found.digest = sha256(credential);
    if not found then
        select
            coalesce(context.fault_of(found.holder, facts), context.fault_of_key(found.origins, found.addresses, facts)),
            context.body_of(found.holder, context.stated(facts))
        into fault, body
        from context.api_key_holders as found where found.digest = sha256(credential);
        if not found then
            select
                context.fault_of(found.holder, facts),
                context.body_of(found.holder, context.stated(facts) || jsonb_build_object('writes', found.writes))
            into fault, body
            from context.support_holders as found where found.digest = sha256(credential);
            if not found then
                fault := 'unknown';
            end if;
        end if;
    end if;
    if fault is not null then
        raise exception using
            errcode = 'RH401',
            message = 'this credential does not open the door',
            detail = fault,
            hint = 'Sign in again.';
    end if;

    perform context.seal(body);
    if facts ? 'idempotency' then
        perform context.claim_idempotency_key(facts -> 'idempotency');
    end if;
end
$$;
grant execute on function context.enter(bytea, jsonb) to rowhouse_app, rowhouse_worker;
comment on function context.enter(bytea, jsonb) is
    'The one door: turns a credential digest into the sealed context of this transaction, from live rows. Raises RH401.';
reset role;
