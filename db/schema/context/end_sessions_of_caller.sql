-- Ends sessions of the caller: one of them, all others, or all. They are dead with the next transaction of theirs.
--
-- which: one (then session is its id), others, all
--
-- Returns those that ended; RH404 if it was to be one and the caller has no such session, whoever else has.
set local role rowhouse_definer;
create or replace function context.end_sessions_of_caller(which text, session uuid default null)
    returns setof app.session
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    current constant uuid := context.require_session();
    body    constant text := context.open_seal();
    person  constant uuid := context.user_in(body);
    tenant  constant uuid := context.tenant_in(body);
    entered constant text := current_setting('rowhouse.context');
    ended   integer;
begin
    if which is null or which not in ('one', 'others', 'all') then
        raise exception using errcode = 'RH400', message = 'which is one of one, others, all';
    end if;
    perform auth.lock_sessions(person);
    -- Some are in other tenants, where the trail takes no change of a caller of this one: there it is the person who acts.
    perform context.act(person, tenant, context.detail_in(body));
    return query
        update auth.sessions as mine set ended_at = now(), end_reason = 'revoked'
        where mine.user_id = person and mine.ended_at is null
            and case which
                when 'one' then mine.id = end_sessions_of_caller.session
                when 'others' then mine.id <> current
                when 'all' then true
            end
        returning
            mine.id, context.device(mine.user_agent), mine.ip, mine.methods,
            (select place.name from app.tenants as place where place.id = mine.tenant_id),
            mine.created_at, mine.last_seen_at, mine.ended_at, mine.id = current,
            mine.key_thumbprint is not null;
    get diagnostics ended = row_count;
    perform set_config('rowhouse.context', entered, true);

    if which = 'one' and ended = 0 then
        raise exception using errcode = 'RH404', message = 'you have no such session', hint = 'It may have ended by itself.';
    end if;
    perform audit.record_event('auth.sessions_revoked', tenant, jsonb_strip_nulls(jsonb_build_object(
        'which', which, 'session', end_sessions_of_caller.session, 'ended', ended)));
end
$$;
grant execute on function context.end_sessions_of_caller(text, uuid) to rowhouse_app;
comment on function context.end_sessions_of_caller(text, uuid) is
    'Ends one, the others or all of the caller''s own sessions, in whichever tenant, and tells the trail; returns them.';
reset role;
