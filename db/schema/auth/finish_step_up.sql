-- The second half: who proved it has a fresh session for ten minutes. A failure is in the trail, and commits.
--
-- verified: whether the password was right; step and recovery: see auth.take_code()
-- Outcomes: ok; invalid; or what auth.live_session() says. With ok, when it was.
set local role rowhouse_definer;
create or replace function auth.finish_step_up(handle bytea, verified boolean, step bigint, recovery bytea, facts jsonb)
    returns table (outcome text, authenticated_at timestamptz)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    live   record;
    person uuid;
    shown  text;
begin
    select * into live from auth.live_session(handle, facts);
    outcome := live.outcome;
    if outcome <> 'ok' then
        return next;
        return;
    end if;
    person := (live.session).user_id;
    -- A password is no longer enough from the moment on that there is a second factor.
    shown := case
        when verified and not auth.has_second_factor(person) then 'pwd'
        else auth.take_code(person, step, recovery)
    end;
    if shown is null then
        perform audit.record_event('auth.step_up_failed', (live.session).tenant_id, null);
        outcome := 'invalid';
        return next;
        return;
    end if;
    perform auth.forgive('mfa ' || person);
    update auth.sessions as own set
        authenticated_at = now(),
        methods = case when shown = 'pwd' then own.methods
            else array(select distinct unnest(own.methods || case shown when 'otp' then '{otp,mfa}'::text[] else '{mfa}' end) order by 1) end
    where own.id = (live.session).id
    returning own.authenticated_at into authenticated_at;
    perform audit.record_event('auth.step_up', (live.session).tenant_id, jsonb_build_object('by', shown));
    return next;
end
$$;
grant execute on function auth.finish_step_up(bytea, boolean, bigint, bytea, jsonb) to rowhouse_auth;
comment on function auth.finish_step_up(bytea, boolean, bigint, bytea, jsonb) is
    'Makes a session fresh for ten minutes, for who proved anew who they are.';
reset role;
