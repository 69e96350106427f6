-- Lets the account elsewhere that the code is about sign in whoever holds this session. Both stand in one request: a page
-- that somebody was lured to has a code, but not the verifier that makes it good.
--
-- handle: sha256 of the session's secret handle
-- A way in is added for good, so it wants a fresh sign-in.
-- Outcomes: ok; step_up_required; invalid_exchange_code; identity_taken; or what auth.live_session() says.
set local role rowhouse_definer;
create or replace function auth.link_identity(handle bytea, code bytea, challenge text, facts jsonb) returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    live  record;
    shown auth.exchange_codes;
    whose uuid;
    owner uuid;
begin
    select * into strict live from auth.live_session(handle, facts);
    if live.outcome <> 'ok' then
        return live.outcome;
    elsif not auth.is_fresh(live.session) then
        return 'step_up_required';
    end if;
    owner := (live.session).user_id;
    shown := auth.take_exchange_code(code, challenge, facts);
    if shown.digest is null then
        return 'invalid_exchange_code';
    end if;
    perform pg_advisory_xact_lock(hashtext('auth.identities'), hashtext(shown.issuer || ' ' || shown.subject));
    select known.user_id into whose from auth.identities as known
    where known.issuer = shown.issuer and known.subject = shown.subject;
    if whose is null then
        insert into auth.identities (issuer, subject, user_id, provider)
            values (shown.issuer, shown.subject, owner, shown.provider);
        perform auth.notify(owner, 'identity_linked');
    elsif whose <> owner then
        perform audit.record_event('auth.link_failed', (live.session).tenant_id,
            jsonb_build_object('provider', shown.provider, 'outcome', 'identity_taken'));
        return 'identity_taken';
    end if;
    return 'ok';
end
$$;
grant execute on function auth.link_identity(bytea, bytea, text, jsonb) to rowhouse_auth;
comment on function auth.link_identity(bytea, bytea, text, jsonb) is
    'Links the account elsewhere that a one-time code is about to whoever holds this session. Never raises for a refusal.';
reset role;
