-- Who is setting up a second factor: whoever is signed in and proved it lately, or was asked for one while signing in.
--
-- handle: sha256 of a session's handle, or null; token: sha256 of an mfaToken whose purpose is enrol, or null
-- kind: totp, of which there is one a person, or passkey. Such a token proves a first factor only: whoever has a second one by
-- now, of either kind, adds none with it.
-- Outcomes: ok; invalid for a token that is none; step_up_required; exists for who has one; or what auth.live_session() says.
set local role rowhouse_definer;
create or replace function auth.enrolling(handle bytea, token bytea, facts jsonb, kind text default 'totp')
    returns table (outcome text, person uuid, session auth.sessions, asked auth.mfa_challenges)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    live record;
begin
    if handle is not null then
        select * into live from auth.live_session(handle, facts);
        outcome := live.outcome;
        session := live.session;
        if outcome = 'ok' and not auth.is_fresh(session) then
            outcome := 'step_up_required';
            perform audit.record_event('auth.step_up_required', session.tenant_id, '{"for": "setting up a second factor"}');
        end if;
        person := session.user_id;
    else
        select * into asked from auth.mfa_challenges as challenge
        where challenge.digest = sha256(token) and challenge.purpose = 'enrol' and challenge.expires_at > now()
        for update;
        outcome := case when found then 'ok' else 'invalid' end;
        if outcome = 'invalid' then
            perform audit.tally_stranger('auth.mfa_unknown', auth.network((facts ->> 'ip')::inet));
        end if;
        person := asked.user_id;
        if outcome = 'ok' then
            perform context.act(person, null, facts);
        end if;
    end if;
    if outcome = 'ok' and (handle is null and auth.has_second_factor(person) or kind = 'totp' and exists (
        select from auth.totp_factors as known where known.user_id = person and known.confirmed_at is not null
    )) then
        outcome := 'exists';
    end if;
    return next;
end
$$;
comment on function auth.enrolling(bytea, bytea, jsonb, text) is
    'Who is setting up a second factor, by a session that is fresh or by the token of a sign-in that wants one.';
reset role;
