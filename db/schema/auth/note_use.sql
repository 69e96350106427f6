-- Notes that the access token which came with a session's newest refresh token is in use: whoever holds it has it, so the
-- token before it has had its day (auth.is_replay). And, every five minutes at most, that the session was seen.
--
-- credential: sha256 of the session's handle
-- counter:    which of the session's refresh tokens the access token came with
--
-- The server calls this once a rotation when the door has let the request in; it is no part of the door. There it would
-- be lost where the request rolls back and impossible where its transaction only reads; and it would hold the session's
-- row until the request is over, so that two requests at once, and a refresh, would wait for each other.
--
-- A row that says it all is not written, and one that somebody holds is not waited for.
--
-- Returns whether it is noted. If not, the next request is to try again: the credential was not good, or the row was held.
set local role rowhouse_definer;
create or replace function auth.note_use(credential bytea, counter integer, facts jsonb) returns boolean
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    presented constant bytea := sha256(credential);
    fault     text;
    wanted    boolean;
begin
    select context.fault_of(known.holder, facts) into fault
    from context.session_holders as known where known.digest = presented;
    if not found or fault is not null then
        return false;
    end if;
    select
            session.counter = note_use.counter and session.acknowledged_at is null
            or session.last_seen_at < now() - interval '5 minutes'
        into wanted
    from auth.sessions as session where session.handle_digest = presented;
    if not wanted then
        return true;
    end if;

    perform from auth.sessions as session where session.handle_digest = presented for no key update skip locked;
    if not found then
        return false;
    end if;
    update auth.sessions as session set
        acknowledged_at = case when session.counter = note_use.counter then coalesce(session.acknowledged_at, now())
            else session.acknowledged_at end,
        last_seen_at = now()
    where session.handle_digest = presented and session.ended_at is null
        -- Another process may have noted it meanwhile.
        and (session.acknowledged_at is null or session.last_seen_at < now() - interval '5 minutes');
    return true;
end
$$;
grant execute on function auth.note_use(bytea, integer, jsonb) to rowhouse_auth;
comment on function auth.note_use(bytea, integer, jsonb) is
    'Notes the first use of a session''s newest tokens, and every five minutes that the session was seen; returns whether that is noted.';
reset role;
