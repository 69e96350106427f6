-- The second half of proving anew who one is with a passkey. A failure is in the trail, and commits.
--
-- handle: sha256 of the session's handle; passkey: from auth.begin_passkey(); answer: see auth.use_passkey()
-- Outcomes: ok; refused; or what auth.live_session() says. With ok, when it was.
set local role rowhouse_definer;
create or replace function auth.finish_passkey_step_up(handle bytea, passkey uuid, answer jsonb, facts jsonb)
    returns table (outcome text, authenticated_at timestamptz)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    live  record;
    shown text[];
begin
    -- The passkey before the session, as signing in takes them.
    perform from auth.passkeys as known where known.id = passkey for update;
    select * into strict live from auth.live_session(handle, facts);
    outcome := live.outcome;
    if outcome <> 'ok' then
        return next;
        return;
    end if;
    if exists (select from auth.passkeys as known where known.id = passkey and known.user_id = (live.session).user_id) then
        shown := auth.use_passkey(passkey, answer, facts);
    end if;
    if shown is null then
        perform audit.record_event('auth.step_up_failed', (live.session).tenant_id, null);
        outcome := 'refused';
        return next;
        return;
    end if;
    perform auth.forgive('mfa ' || (live.session).user_id);
    update auth.sessions as own set
        authenticated_at = now(),
        methods = array(select distinct unnest(own.methods || shown) order by 1)
    where own.id = (live.session).id
    returning own.authenticated_at into authenticated_at;
    perform audit.record_event('auth.step_up', (live.session).tenant_id, jsonb_build_object('by', 'passkey'));
    return next;
end
$$;
grant execute on function auth.finish_passkey_step_up(bytea, uuid, jsonb, jsonb) to rowhouse_auth;
comment on function auth.finish_passkey_step_up(bytea, uuid, jsonb, jsonb) is
    'Makes a session fresh for ten minutes, for who showed a passkey.';
reset role;
