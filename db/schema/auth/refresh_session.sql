-- Rotates a refresh token (RFC 9700 section 4.14.2). The server has checked the token's HMAC; the counter in it
-- says which of the session's tokens it is.
--
-- The newest token moves the session on. Its parent yields the same child until that was used (auth.is_replay), so that
-- a client which lost the answer gets it again, and two tabs which refresh at once both live. Anything older is a replay:
-- the session ends, and the trail says so. Nothing raises, because that end must be committed.
--
-- A replay is judged before all else that may be wrong with it. A thief has another browser more often than not, and
-- a ban that is lifted tomorrow does not make the token his.
--
-- A session that is bound to a key (RFC 9449) is refreshed by who proves to have it, and stays bound; one that is not is
-- not bound by a refresh either: whoever copied its token could claim it.
--
-- Outcomes: ok, reused, or what context.fault_of() says: ended, expired, key_mismatch, fingerprint_mismatch, user_banned, ….
set local role rowhouse_definer;
create or replace function auth.refresh_session(session uuid, counter integer, facts jsonb)
    returns table (outcome text, next_counter integer, user_id uuid, tenant_id uuid, expires_in integer, key_thumbprint text)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    known    auth.sessions;
    holder   context.holder;
    fault    text;
    replayed boolean;
begin
    select * into known from auth.sessions as candidate where candidate.id = refresh_session.session for update;
    if not found then
        perform audit.tally_stranger('auth.refresh_unknown', auth.network((facts ->> 'ip')::inet));
        outcome := 'ended';
        return next;
        return;
    end if;
    perform context.act(known.user_id, known.tenant_id, facts);
    -- The handle's digest is the key the door uses; the same live checks hold here.
    select (live.holder).* into holder from context.session_holders as live where live.digest = known.handle_digest;
    fault := context.fault_of(holder, facts);
    replayed := auth.is_replay(known, refresh_session.counter);
    outcome := case
        when fault = 'ended' then 'ended'
        when replayed then 'reused'
        else coalesce(fault, 'ok')
    end;

    if outcome = 'ok' and refresh_session.counter = known.counter then
        update auth.sessions as rotating set
            counter = known.counter + 1,
            rotated_at = now(),
            acknowledged_at = null,
            last_seen_at = now(),
            -- What an update of the browser made of it; a session that was begun without one stays without.
            user_agent = case when known.user_agent is not null then coalesce(facts ->> 'user_agent', known.user_agent) end,
            idle_expires_at = now() + coalesce(
                (select place.session_idle_minutes * interval '1 minute' from app.tenants as place where place.id = known.tenant_id),
                interval '7 days')
        where rotating.id = known.id
        returning * into known;
    elsif outcome = 'reused' then
        perform auth.end_replayed(known, refresh_session.counter, fault);
    elsif outcome <> 'ok' and audit.tally('auth.refresh_failed', known.id || ' ' || outcome) = 1 then
        -- A token of a session that is over can be shown for ever: an hour's first time is an event, all are counted.
        perform audit.record_event('auth.refresh_failed', known.tenant_id, jsonb_build_object(
            'session', known.id, 'outcome', outcome, 'replayed', replayed));
    end if;

    if outcome = 'ok' then
        next_counter := known.counter;
        user_id := known.user_id;
        tenant_id := known.tenant_id;
        key_thumbprint := known.key_thumbprint;
        select floor(extract(epoch from live.ends_at - now())) into expires_in
        from context.session_holders as live where live.digest = known.handle_digest;
    end if;
    return next;
end
$$;
grant execute on function auth.refresh_session(uuid, integer, jsonb) to rowhouse_auth;
comment on function auth.refresh_session(uuid, integer, jsonb) is
    'Rotates a refresh token, row locked. A replayed token ends the session, whatever else is wrong with it. Never raises for a refusal, so that the end commits.';
reset role;
