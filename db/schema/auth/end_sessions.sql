-- Signs out: the session with this handle, the user's others, or all of them. Returns how many ended.
-- handle: sha256 of the session's secret handle. scope: current, others, all.
set local role rowhouse_definer;
create or replace function auth.end_sessions(handle bytea, scope text, facts jsonb) returns integer
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    current auth.sessions;
    ended   integer;
begin
    if scope is null or scope not in ('current', 'others', 'all') then
        raise exception using errcode = 'RH400', message = 'scope is one of current, others, all';
    end if;
    select * into current from auth.sessions as session
    where session.handle_digest = sha256(handle) and session.ended_at is null;
    if not found then
        return 0;
    end if;
    perform context.act(current.user_id, current.tenant_id, facts);
    update auth.sessions as session set ended_at = now(), end_reason = 'logout'
    where session.user_id = current.user_id and session.ended_at is null
        and (scope = 'all' or (session.id = current.id) = (scope = 'current'));
    get diagnostics ended = row_count;
    perform audit.record_event('auth.logout', current.tenant_id,
        jsonb_build_object('session', current.id, 'scope', scope, 'ended', ended));
    return ended;
end
$$;
grant execute on function auth.end_sessions(bytea, text, jsonb) to rowhouse_auth;
comment on function auth.end_sessions(bytea, text, jsonb) is
    'Ends the session with this handle (current), the user''s other ones (others) or every one (all); returns how many.';
reset role;
