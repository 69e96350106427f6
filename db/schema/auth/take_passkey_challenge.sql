-- Uses up a challenge. It is good once, for five minutes, for one purpose and for whoever it was made for, whatever comes of it.
--
-- challenge: sha256 of its bytes; bound_to: sha256 of the session's handle or of the mfaToken it was made for; null for none
set local role rowhouse_definer;
create or replace function auth.take_passkey_challenge(challenge bytea, purpose text, bound_to bytea, facts jsonb)
    returns boolean
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    delete from auth.passkey_challenges as made
    where made.digest = sha256(challenge) and made.purpose = take_passkey_challenge.purpose
        and made.bound_to is not distinct from sha256(take_passkey_challenge.bound_to) and made.expires_at > now();
    if found then
        return true;
    end if;
    perform audit.tally_stranger('auth.passkey_challenge_unknown', auth.network((facts ->> 'ip')::inet));
    return false;
end
$$;
comment on function auth.take_passkey_challenge(bytea, text, bytea, jsonb) is
    'Uses up a challenge that an authenticator signed; false for one that is over, used, or made for something or somebody else.';
reset role;
