-- Ends sessions whose idle or absolute time is over, and forgets ended ones after 90 days.
-- The door refuses an expired session anyway; this makes the end visible and audited.
set local role rowhouse_definer;
create or replace function jobs.expire_sessions() returns integer
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    ended integer;
begin
    update auth.sessions set ended_at = now(), end_reason = 'expired'
    where ended_at is null and least(idle_expires_at, expires_at) <= now();
    get diagnostics ended = row_count;
    delete from auth.sessions where ended_at < now() - interval '90 days';
    delete from jobs.heartbeats where seen_at < now() - interval '1 day';
    delete from auth.login_throttles where last_at < now() - interval '7 days';
    return ended;
end
$$;
grant execute on function jobs.expire_sessions() to rowhouse_worker;
comment on function jobs.expire_sessions() is
    'Ends sessions past their time and returns how many; forgets old ones, old throttles and old heartbeats.';
reset role;
