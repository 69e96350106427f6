-- Ends sessions whose idle or absolute time is over, and forgets ended ones after 90 days.
-- The door refuses an expired session anyway; this makes the end visible and audited.
set local role rowhouse_definer;
create or replace function jobs.expire_sessions() returns integer
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    ended   integer;
    shorter integer;
begin
    update auth.sessions set ended_at = now(), end_reason = 'expired'
    where ended_at is null and least(idle_expires_at, expires_at) <= now();
    get diagnostics ended = row_count;
    -- By limits that their tenant has made shorter since they began.
    update auth.sessions as session set ended_at = now(), end_reason = 'expired'
    from app.tenants as tenant
    where tenant.id = session.tenant_id and session.ended_at is null
        and (tenant.session_idle_minutes, tenant.session_lifetime_minutes) <> (10080, 43200)
        and least(
            session.rotated_at + tenant.session_idle_minutes * interval '1 minute',
            session.authenticated_at + tenant.session_lifetime_minutes * interval '1 minute'
        ) <= now();
    get diagnostics shorter = row_count;
    delete from auth.sessions where ended_at < now() - interval '90 days';
    delete from jobs.heartbeats where seen_at < now() - interval '1 day';
    -- A day after its first attempt a count begins anew anyway.
    delete from auth.login_throttles where began_at < now() - interval '1 day' and blocked_until < now();
    delete from audit.tallies where hour < now() - interval '90 days';
    return ended + shorter;
end
$$;
grant execute on function jobs.expire_sessions() to rowhouse_worker;
comment on function jobs.expire_sessions() is
    'Ends sessions past their time and returns how many; forgets old ones, old throttles, tallies and heartbeats.';
reset role;
