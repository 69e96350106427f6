-- Keeps a new passkey, whose first answer the server found right. It is a way in and a second factor from now on, so its owner is
-- told by mail; who has no recovery codes left gets some, for the day when it is lost. Whoever was asked for a second factor while
-- signing in gets the session; whoever had one has proved it anew.
--
-- handle, token: as for auth.enrolling(); challenge: sha256 of the bytes that were signed
-- credential, public_key: of the authenticator, null if its answer does not hold
-- about: {counter, transports, aaguid, backup_eligible, backed_up}; recovery: digests of codes; mail: the id of the notice
-- Outcomes: as auth.ask_passkey(); challenge_invalid; refused; taken for a credential that is known; or what auth.open_session()
-- says. With ok the passkey, whether the recovery codes were kept, and what auth.open_session() gave.
set local role rowhouse_definer;
create or replace function auth.add_passkey(
    handle bytea, token bytea, challenge bytea, credential bytea, public_key bytea, about jsonb, name text, recovery bytea[],
    mail uuid, session uuid, session_handle bytea, facts jsonb
) returns table (outcome text, passkey jsonb, codes_kept boolean, result jsonb)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    who    record;
    person app.users;
    made   auth.passkeys;
    shown  text[];
begin
    -- Before any row, as who takes a passkey away does; so nobody has a twenty-first.
    perform auth.lock_ways_in(known.user_id) from auth.sessions as known where known.handle_digest = sha256(handle);
    perform auth.lock_ways_in(known.user_id) from auth.mfa_challenges as known where known.digest = sha256(token);
    select * into who from auth.enrolling(handle, token, facts, 'passkey');
    outcome := who.outcome;
    if outcome = 'ok' and not auth.take_passkey_challenge(challenge, 'register', coalesce(handle, token), facts) then
        outcome := 'challenge_invalid';
    end if;
    if outcome = 'ok' and credential is null then
        perform audit.record_event('auth.passkey_refused', null, '{"reason": "not_made"}');
        outcome := 'refused';
    end if;
    if outcome = 'ok' and (select count(*) >= 20 from auth.passkeys as mine where mine.user_id = who.person) then
        outcome := 'full';
    end if;
    if outcome = 'ok' then
        insert into auth.passkeys (
            user_id, credential_id, public_key, counter, transports, aaguid, backup_eligible, backed_up, name
        ) values (
            who.person, credential, add_passkey.public_key, (about ->> 'counter')::bigint,
            array(select jsonb_array_elements_text(about -> 'transports')), (about ->> 'aaguid')::uuid,
            (about ->> 'backup_eligible')::boolean, (about ->> 'backed_up')::boolean,
            case when app.is_name(add_passkey.name) then btrim(add_passkey.name) else 'Passkey' end
        ) on conflict (credential_id) do nothing
        returning * into made;
        if made.id is null then
            outcome := 'taken';
        end if;
    end if;
    if outcome <> 'ok' then
        return next;
        return;
    end if;

    codes_kept := not exists (
        select from auth.recovery_codes as left_over where left_over.user_id = who.person and left_over.used_at is null
    );
    if codes_kept then
        delete from auth.recovery_codes as used where used.user_id = who.person;
        insert into auth.recovery_codes (user_id, digest) select who.person, sha256(code) from unnest(recovery) as code;
    end if;
    select * into strict person from app.users as known where known.id = who.person;
    perform auth.queue_mail(mail, 'passkey_added', person.email, person.locale, null, facts);
    perform audit.record_event('auth.mfa_enrolled', null, jsonb_build_object('passkey', made.id));
    passkey := jsonb_build_object('id', made.id, 'name', made.name, 'synced', made.backup_eligible, 'createdAt', made.created_at);
    shown := auth.passkey_methods(made);
    if token is not null and handle is null then
        delete from auth.mfa_challenges as asked where asked.digest = sha256(token);
        select opened.outcome, opened.result into outcome, result from auth.open_session(
            person.id, session, session_handle, (who.asked).tenant_slug, (who.asked).methods || shown, facts,
            way => (who.asked).way
        ) as opened;
    else
        update auth.sessions as own set
            authenticated_at = now(),
            methods = array(select distinct unnest(own.methods || shown) order by 1)
        where own.id = (who.session).id;
    end if;
    return next;
end
$$;
grant execute on function auth.add_passkey(bytea, bytea, bytea, bytea, bytea, jsonb, text, bytea[], uuid, uuid, bytea, jsonb)
    to rowhouse_auth;
comment on function auth.add_passkey(bytea, bytea, bytea, bytea, bytea, jsonb, text, bytea[], uuid, uuid, bytea, jsonb) is
    'Keeps a new passkey, and recovery codes for who has none; tells its owner by mail.';
reset role;
