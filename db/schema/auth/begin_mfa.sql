-- The first half of showing a second factor: what the code is to be checked with, if it may be tried at all. Tries are counted
-- before they are checked, so that those at the same time count too: five for a sign-in, and for the account as many as
-- auth.throttle() allows, whichever password was used before.
--
-- token: sha256 of the mfaToken
-- Outcomes: ok; invalid for a token that is none, is over or was tried too often; throttled, for so many seconds.
set local role rowhouse_definer;
create or replace function auth.begin_mfa(token bytea, facts jsonb)
    returns table (outcome text, retry_after integer, factor uuid, seed text)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    asked auth.mfa_challenges;
begin
    select * into asked from auth.mfa_challenges as challenge
    where challenge.digest = sha256(token) and challenge.purpose = 'verify'
        and challenge.expires_at > now() and challenge.tries < 5
    for update;
    if not found then
        perform audit.tally_stranger('auth.mfa_unknown', auth.network((facts ->> 'ip')::inet));
        outcome := 'invalid';
        return next;
        return;
    end if;
    retry_after := auth.throttle('mfa ' || asked.user_id, 5);
    if retry_after > 0 then
        perform audit.tally_stranger('auth.login_throttled', auth.network((facts ->> 'ip')::inet));
        outcome := 'throttled';
    else
        outcome := 'ok';
        update auth.mfa_challenges as challenge set tries = challenge.tries + 1 where challenge.digest = asked.digest;
        select known.id, known.seed into factor, seed from auth.totp_factors as known
        where known.user_id = asked.user_id and known.confirmed_at is not null;
    end if;
    return next;
end
$$;
grant execute on function auth.begin_mfa(bytea, jsonb) to rowhouse_auth;
comment on function auth.begin_mfa(bytea, jsonb) is
    'Counts a try at a second factor and returns the (encrypted) seed to check the code with.';
reset role;
