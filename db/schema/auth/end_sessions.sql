-- Signs out: the session with this handle, the user's others, or all of them. Nothing raises for a refusal, because
-- the end of a replayed session must be committed.
--
-- handle:  sha256 of the session's secret handle
-- scope:   current, others, all
-- counter: which of the session's refresh tokens was shown, if it was one; null for an access token
--
-- Who holds anything of a session may end it, whatever else is wrong. To reach the user's other sessions it must be
-- good: not expired, and shown by its own browser and with its own key. A replayed refresh token ends its session as a theft and no other.
--
-- Outcomes: ok; unknown; no_session for an API key; ended; reused; expired, key_mismatch, fingerprint_mismatch and other_tenant.
set local role rowhouse_definer;
create or replace function auth.end_sessions(handle bytea, scope text, facts jsonb, counter integer default null)
    returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    current auth.sessions;
    holder  context.holder;
    fault   text;
    outcome text;
    ended   integer;
begin
    if scope is null or scope not in ('current', 'others', 'all') then
        raise exception using errcode = 'RH400', message = 'scope is one of current, others, all';
    end if;
    if scope <> 'current' then
        perform auth.lock_sessions(session.user_id) from auth.sessions as session where session.handle_digest = sha256(handle);
    end if;
    select * into current from auth.sessions as session where session.handle_digest = sha256(handle) for update;
    if not found then
        if exists (select from context.api_key_holders as key where key.digest = sha256(handle)) then
            return 'no_session';
        end if;
        perform audit.tally_stranger('auth.logout_unknown', auth.network((facts ->> 'ip')::inet));
        return 'unknown';
    end if;
    perform context.act(current.user_id, current.tenant_id, facts);
    select (known.holder).* into holder from context.session_holders as known where known.digest = current.handle_digest;
    fault := context.fault_of(holder, facts);
    outcome := case
        when fault = 'ended' then 'ended'
        when auth.is_replay(current, counter) then 'reused'
        when scope <> 'current' and fault in ('expired', 'key_mismatch', 'fingerprint_mismatch', 'other_tenant') then fault
        else 'ok'
    end;

    if outcome = 'reused' then
        perform auth.end_replayed(current, counter, fault);
    elsif outcome <> 'ok' then
        if audit.tally('auth.logout_failed', current.id || ' ' || outcome) = 1 then
            perform audit.record_event('auth.logout_failed', current.tenant_id,
                jsonb_build_object('session', current.id, 'scope', scope, 'outcome', outcome));
        end if;
    else
        update auth.sessions as session set ended_at = now(), end_reason = 'logout'
        where session.user_id = current.user_id and session.ended_at is null
            and (scope = 'all' or (session.id = current.id) = (scope = 'current'));
        get diagnostics ended = row_count;
        perform audit.record_event('auth.logout', current.tenant_id,
            jsonb_build_object('session', current.id, 'scope', scope, 'ended', ended));
    end if;
    return outcome;
end
$$;
grant execute on function auth.end_sessions(bytea, text, jsonb, integer) to rowhouse_auth;
comment on function auth.end_sessions(bytea, text, jsonb, integer) is
    'Ends the session with this handle (current), the user''s other ones (others) or every one (all); returns the outcome. A dead or unknown handle ends nothing and says so.';
reset role;
