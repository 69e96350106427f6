-- Keeps a challenge for an authenticator to sign, and says which passkeys are meant. Signing in names nobody: the passkey does,
-- so nobody learns who has one. Elsewhere the passkeys are listed for who showed a password, or is signed in.
--
-- challenge: sha256 of its bytes; purpose: register, sign_in, second_factor, step_up
-- handle: sha256 of a session's handle, or null; token: sha256 of an mfaToken, or null
-- Outcomes: ok; none for who has no passkey to show; full for who has twenty and wants another; invalid for an mfaToken that is
-- none; step_up_required and exists as auth.enrolling() says; or what auth.live_session() says. With ok, for whom, and their
-- passkeys as {id (base64url), transports}.
set local role rowhouse_definer;
create or replace function auth.ask_passkey(challenge bytea, purpose text, handle bytea, token bytea, facts jsonb)
    returns table (outcome text, person uuid, email text, name text, passkeys jsonb)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    live record;
begin
    outcome := 'ok';
    if purpose = 'register' then
        select asking.outcome, asking.person into outcome, person from auth.enrolling(handle, token, facts, 'passkey') as asking;
    elsif purpose = 'second_factor' then
        select asked.user_id into person from auth.mfa_challenges as asked
        where asked.digest = sha256(token) and asked.purpose = 'verify' and asked.expires_at > now() and asked.tries < 5;
        if person is null then
            perform audit.tally_stranger('auth.mfa_unknown', auth.network((facts ->> 'ip')::inet));
            outcome := 'invalid';
        end if;
    elsif purpose = 'step_up' then
        select * into strict live from auth.live_session(handle, facts);
        outcome := live.outcome;
        person := (live.session).user_id;
    end if;
    if outcome = 'ok' and person is not null then
        select known.email, known.name into email, name from app.users as known where known.id = person;
        select jsonb_agg(
            jsonb_build_object(
                'id', translate(rtrim(encode(mine.credential_id, 'base64'), '='), E'+/\n', '-_'), 'transports', mine.transports
            ) order by mine.id
        ) into passkeys from auth.passkeys as mine where mine.user_id = person;
        outcome := case
            when purpose = 'register' and jsonb_array_length(passkeys) >= 20 then 'full'
            when purpose <> 'register' and passkeys is null then 'none'
            else 'ok'
        end;
        passkeys := coalesce(passkeys, '[]');
    end if;
    if outcome = 'ok' then
        delete from auth.passkey_challenges as over where over.expires_at < now() - interval '1 hour';
        insert into auth.passkey_challenges (digest, purpose, bound_to)
            values (sha256(challenge), ask_passkey.purpose, sha256(coalesce(handle, token)));
    end if;
    return next;
end
$$;
grant execute on function auth.ask_passkey(bytea, text, bytea, bytea, jsonb) to rowhouse_auth;
comment on function auth.ask_passkey(bytea, text, bytea, bytea, jsonb) is
    'Keeps a challenge for an authenticator to sign and says which passkeys are meant; when signing in, nobody''s.';
reset role;
