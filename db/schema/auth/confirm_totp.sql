-- Switches a second factor on, whose first code was right, and keeps the digests of its recovery codes. Whoever was asked for
-- it while signing in gets the session; whoever had one has proved it anew.
--
-- factor and step: as the code was checked; null for a wrong one
-- Outcomes: as auth.enrolling(); invalid_code; or what auth.open_session() says.
set local role rowhouse_definer;
create or replace function auth.confirm_totp(
    handle bytea, token bytea, factor uuid, step bigint, recovery bytea[], session uuid, session_handle bytea, facts jsonb
) returns table (outcome text, result jsonb)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    who record;
begin
    select * into who from auth.enrolling(handle, token, facts);
    if who.outcome <> 'ok' then
        outcome := who.outcome;
        return next;
        return;
    end if;
    update auth.totp_factors as proven set confirmed_at = now(), last_step = confirm_totp.step
    where proven.user_id = who.person and proven.id = factor and proven.confirmed_at is null and step is not null;
    if not found then
        perform audit.record_event('auth.mfa_failed', null, jsonb_build_object('enrolling', true));
        outcome := 'invalid_code';
        return next;
        return;
    end if;
    delete from auth.recovery_codes as old where old.user_id = who.person;
    insert into auth.recovery_codes (user_id, digest) select who.person, sha256(code) from unnest(recovery) as code;
    perform auth.forgive('mfa ' || who.person);
    perform auth.notify(who.person, 'second_factor_added');
    perform audit.record_event('auth.mfa_enrolled', null, jsonb_build_object('factor', factor));
    if token is not null and handle is null then
        delete from auth.mfa_challenges as challenge where challenge.digest = sha256(token);
        return query select opened.outcome, opened.result from auth.open_session(
            who.person, session, session_handle, (who.asked).tenant_slug, (who.asked).methods || '{otp,mfa}', facts,
            way => (who.asked).way
        ) as opened;
        return;
    end if;
    update auth.sessions as own set
        authenticated_at = now(),
        methods = array(select distinct unnest(own.methods || '{otp,mfa}'::text[]) order by 1)
    where own.id = (who.session).id;
    outcome := 'ok';
    return next;
end
$$;
grant execute on function auth.confirm_totp(bytea, bytea, uuid, bigint, bytea[], uuid, bytea, jsonb) to rowhouse_auth;
comment on function auth.confirm_totp(bytea, bytea, uuid, bigint, bytea[], uuid, bytea, jsonb) is
    'Switches a second factor on and keeps the digests of its recovery codes.';
reset role;
