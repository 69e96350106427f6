-- The first half of showing a passkey: with which key the answer is to be checked, if it may be tried at all. The challenge is
-- used up here, whatever comes of it. Nobody can guess an answer; tries are counted all the same, because each costs the
-- server a signature to check: when signing in for the passkey and network, elsewhere as tries at a second factor.
--
-- purpose: sign_in, second_factor (with token, sha256 of the mfaToken) or step_up (with handle, sha256 of the session's)
-- challenge: sha256 of the bytes that were signed; credential: the id that the authenticator gives
-- Outcomes: ok; challenge_invalid; refused for a credential that nobody knows, or not of this person; throttled, for so many
-- seconds; invalid for an mfaToken that is none; or what auth.live_session() says.
set local role rowhouse_definer;
create or replace function auth.begin_passkey(
    purpose text, challenge bytea, credential bytea, handle bytea, token bytea, facts jsonb
) returns table (outcome text, retry_after integer, passkey uuid, person uuid, public_key bytea)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    network constant text := auth.network((facts ->> 'ip')::inet);
    live    record;
    asked   auth.mfa_challenges;
    known   auth.passkeys;
begin
    outcome := 'ok';
    if purpose = 'second_factor' then
        select * into asked from auth.mfa_challenges as challenge
        where challenge.digest = sha256(token) and challenge.purpose = 'verify'
            and challenge.expires_at > now() and challenge.tries < 5
        for update;
        if not found then
            perform audit.tally_stranger('auth.mfa_unknown', network);
            outcome := 'invalid';
        end if;
        person := asked.user_id;
    elsif purpose = 'step_up' then
        select * into strict live from auth.live_session(handle, facts);
        outcome := live.outcome;
        person := (live.session).user_id;
    end if;
    if outcome = 'ok' and not auth.take_passkey_challenge(challenge, begin_passkey.purpose, coalesce(handle, token), facts) then
        outcome := 'challenge_invalid';
    end if;
    if outcome <> 'ok' then
        return next;
        return;
    end if;

    select * into known from auth.passkeys as shown where shown.credential_id = begin_passkey.credential;
    if purpose = 'sign_in' then
        person := known.user_id;
        if person is null then
            perform audit.tally_stranger('auth.passkey_unknown', network);
            outcome := 'refused';
            return next;
            return;
        end if;
        retry_after := auth.throttle('passkey ' || known.id || ' ' || network, 5);
    else
        retry_after := auth.throttle('mfa ' || person, 5);
    end if;
    if retry_after > 0 then
        perform audit.tally_stranger('auth.login_throttled', network);
        outcome := 'throttled';
        return next;
        return;
    end if;
    update auth.mfa_challenges as challenge set tries = challenge.tries + 1 where challenge.digest = asked.digest;
    if known.user_id is distinct from person then
        perform context.act(person, null, facts);
        perform audit.record_event('auth.passkey_refused', null, jsonb_build_object('reason', 'not_theirs', 'for', purpose));
        outcome := 'refused';
    else
        passkey := known.id;
        public_key := known.public_key;
    end if;
    return next;
end
$$;
grant execute on function auth.begin_passkey(text, bytea, bytea, bytea, bytea, jsonb) to rowhouse_auth;
comment on function auth.begin_passkey(text, bytea, bytea, bytea, bytea, jsonb) is
    'Uses up the challenge, counts the try and returns the public key to check an authenticator''s answer with.';
reset role;
