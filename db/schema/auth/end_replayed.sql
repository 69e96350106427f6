-- Ends a session of which a replaced refresh token was shown: a thief has it, or had it first. The trail says what
-- was shown, and what else was wrong with whoever showed it.
set local role rowhouse_definer;
create or replace function auth.end_replayed(known auth.sessions, counter integer, fault text) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    update auth.sessions as stolen set ended_at = now(), end_reason = 'reuse' where stolen.id = known.id;
    perform audit.record_event('auth.refresh_reused', known.tenant_id, jsonb_strip_nulls(jsonb_build_object(
        'session', known.id, 'presented', counter, 'current', known.counter, 'fault', fault)));
end
$$;
comment on function auth.end_replayed(auth.sessions, integer, text) is
    'Ends a session because a refresh token of it was replayed, and tells the trail what else was wrong.';
reset role;
