-- Rotates a refresh token (RFC 9700 section 4.14.2). The server has checked the token's HMAC; the counter in it
-- says which of the session's tokens it is.
--
-- The newest token moves the session on. Its parent is accepted again for ten seconds and only while the
-- child is unused, and yields the same child: two tabs that refresh at once both live. Anything older is
-- a replay: the session ends, and the trail says so. Nothing raises, because that end must be committed.
--
-- Outcomes: ok, ended, expired, reused, fingerprint_mismatch, user_banned, tenant_suspended, membership_ended.
set local role rowhouse_definer;
create or replace function auth.refresh_session(session uuid, counter integer, facts jsonb)
    returns table (outcome text, next_counter integer, user_id uuid, tenant_id uuid, expires_in integer)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    known auth.sessions;
    holder context.holder;
begin
    select * into known from auth.sessions as candidate where candidate.id = refresh_session.session for update;
    if not found then
        outcome := 'ended';
        return next;
        return;
    end if;
    perform context.act(known.user_id, known.tenant_id, facts);
    -- The handle's digest is the key the door uses; the same live checks hold here.
    select * into holder from context.find_session(known.handle_digest);

    outcome := case
        when holder.ended then 'ended'
        when holder.expired then 'expired'
        when holder.user_status <> 'active' then 'user_banned'
        when holder.tenant_id is not null and holder.tenant_status <> 'active' then 'tenant_suspended'
        when holder.tenant_id is not null and holder.membership_status <> 'active' then 'membership_ended'
        when known.user_agent is not null and known.user_agent is distinct from facts ->> 'user_agent'
            then 'fingerprint_mismatch'
        when refresh_session.counter = known.counter then 'ok'
        when refresh_session.counter = known.counter - 1 and known.rotated_at > now() - interval '10 seconds' then 'ok'
        else 'reused'
    end;

    if outcome = 'ok' and refresh_session.counter = known.counter then
        update auth.sessions as rotating set
            counter = known.counter + 1,
            rotated_at = now(),
            idle_expires_at = now() + interval '7 days'
        where rotating.id = known.id
        returning * into known;
    elsif outcome = 'reused' then
        update auth.sessions as stolen set ended_at = now(), end_reason = 'reuse' where stolen.id = known.id;
        perform audit.record_event('auth.refresh_reused', known.tenant_id, jsonb_build_object(
            'session', known.id, 'presented', refresh_session.counter, 'current', known.counter));
    elsif outcome <> 'ok' then
        perform audit.record_event('auth.refresh_failed', known.tenant_id,
            jsonb_build_object('session', known.id, 'outcome', outcome));
    end if;

    if outcome = 'ok' then
        next_counter := known.counter;
        user_id := known.user_id;
        tenant_id := known.tenant_id;
        expires_in := floor(extract(epoch from least(known.idle_expires_at, known.expires_at) - now()));
    end if;
    return next;
end
$$;
grant execute on function auth.refresh_session(uuid, integer, jsonb) to rowhouse_auth;
comment on function auth.refresh_session(uuid, integer, jsonb) is
    'Rotates a refresh token, row locked. A replayed token ends the session. Never raises for a refusal, so that the end commits.';
reset role;
