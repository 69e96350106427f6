-- The second half of a change: the server checked the old password. Nothing raises, because a failure is committed too.
--
-- verified: whether the old password was right; known_hash: what it was checked against, which must still be the one
-- Outcomes: ok, invalid_credentials, or why the session will not do.
set local role rowhouse_definer;
create or replace function auth.finish_password_change(
    handle bytea, verified boolean, known_hash text, password_hash text, mail uuid, facts jsonb
) returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    shown   record;
    session auth.sessions;
begin
    select * into strict shown from auth.live_session(handle, facts);
    if shown.outcome <> 'ok' then
        return shown.outcome;
    end if;
    session := shown.session;
    perform from auth.passwords as known
    where known.user_id = session.user_id and known.hash = known_hash
    for update;
    if not found or verified is not true then
        perform audit.record_event('auth.password_change_failed', session.tenant_id,
            jsonb_build_object('session', session.id, 'outcome', 'invalid_credentials'));
        return 'invalid_credentials';
    end if;
    perform auth.forgive('password change ' || session.user_id);
    perform auth.set_password(session.user_id, password_hash, session.id, mail, facts);
    return 'ok';
end
$$;
grant execute on function auth.finish_password_change(bytea, boolean, text, text, uuid, jsonb) to rowhouse_auth;
comment on function auth.finish_password_change(bytea, boolean, text, text, uuid, jsonb) is
    'Changes the password of a session''s owner, ends their other sessions and queues the notice; or tells the trail that the old one was wrong.';
reset role;
