-- Whether somebody may take what is theirs with them; and that they did, in the trail before the first byte goes out.
--
-- Outcomes: ok; step_up_required; throttled, for so many seconds; or what auth.live_session() says.
set local role rowhouse_definer;
create or replace function auth.begin_export(handle bytea, facts jsonb)
    returns table (outcome text, retry_after integer)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    shown record;
begin
    select * into strict shown from auth.live_session(handle, facts);
    outcome := shown.outcome;
    if outcome = 'ok' and not auth.is_fresh(shown.session) then
        outcome := 'step_up_required';
        perform audit.record_event('auth.step_up_required', (shown.session).tenant_id, '{"for": "exporting an account"}');
    elsif outcome = 'ok' then
        retry_after := auth.throttle('export ' || (shown.session).user_id, 5);
        outcome := case when retry_after > 0 then 'throttled' else 'ok' end;
    end if;
    if outcome = 'ok' then
        perform audit.record_event('auth.account_exported', (shown.session).tenant_id, null);
    end if;
    return next;
end
$$;
grant execute on function auth.begin_export(bytea, jsonb) to rowhouse_auth;
comment on function auth.begin_export(bytea, jsonb) is
    'Counts and records that the owner of a session exports what is theirs. Outcome: ok, step_up_required, throttled, or why the session will not do.';
reset role;
