-- Takes the second factor away from who is signed in and proved it lately; its recovery codes too, unless passkeys stay, for
-- which they are good as well.
--
-- Outcomes: ok; not_enrolled; step_up_required; or what auth.live_session() says.
set local role rowhouse_definer;
create or replace function auth.remove_totp(handle bytea, facts jsonb) returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    live record;
begin
    select * into live from auth.live_session(handle, facts);
    if live.outcome <> 'ok' then
        return live.outcome;
    end if;
    if not auth.is_fresh(live.session) then
        perform audit.record_event('auth.step_up_required', (live.session).tenant_id, '{"for": "removing a second factor"}');
        return 'step_up_required';
    end if;
    delete from auth.totp_factors as gone where gone.user_id = (live.session).user_id;
    if not found then
        return 'not_enrolled';
    end if;
    if not auth.has_second_factor((live.session).user_id) then
        delete from auth.recovery_codes as gone where gone.user_id = (live.session).user_id;
    end if;
    perform auth.notify((live.session).user_id, 'second_factor_removed');
    perform audit.record_event('auth.mfa_removed', null, null);
    return 'ok';
end
$$;
grant execute on function auth.remove_totp(bytea, jsonb) to rowhouse_auth;
comment on function auth.remove_totp(bytea, jsonb) is
    'Removes the caller''s second factor, and its recovery codes unless passkeys stay; wants a fresh sign-in.';
reset role;
