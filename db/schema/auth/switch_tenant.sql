-- Opens a sibling of a session in another tenant of the same person: what they proved when they signed in is proven there
-- too, and no later. Nothing raises, because a failure must be committed too.
--
-- handle:   sha256 of the handle of the session that they are in
-- counter:  which of its refresh tokens was shown, if it was one; null for an access token
-- session:  the id of the session to make; opened: sha256 of its secret handle
--
-- The session that they are in has to be good in every respect, and stays. A replayed refresh token ends it as a theft.
-- Outcomes: what auth.open_session() says; unknown; no_session for an API key; account_required for a guest;
-- reused; what context.fault_of() says.
set local role rowhouse_definer;
create or replace function auth.switch_tenant(
    handle bytea, counter integer, session uuid, opened bytea, tenant_slug text, facts jsonb
) returns table (outcome text, result jsonb)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    current auth.sessions;
    holder  context.holder;
    fault   text;
    person  uuid;
begin
    select known.user_id into person from auth.sessions as known where known.handle_digest = sha256(handle);
    if not found then
        outcome := case when exists (select from context.api_key_holders as key where key.digest = sha256(handle))
            then 'no_session' else 'unknown' end;
        if outcome = 'unknown' then
            perform audit.tally_stranger('auth.switch_unknown', auth.network((facts ->> 'ip')::inet));
        end if;
        return next;
        return;
    end if;
    perform auth.lock_sessions(person);
    select * into strict current from auth.sessions as known where known.handle_digest = sha256(handle) for update;
    perform context.act(current.user_id, current.tenant_id, facts);
    select (known.holder).* into holder from context.session_holders as known where known.digest = current.handle_digest;
    fault := context.fault_of(holder, facts);
    outcome := case when fault is distinct from 'ended' and auth.is_replay(current, counter) then 'reused' else fault end;
    if outcome is null and exists (select from app.users as known where known.id = person and known.is_guest) then
        outcome := 'account_required';
    end if;

    if outcome = 'reused' then
        perform auth.end_replayed(current, counter, fault);
    elsif outcome is not null then
        if audit.tally('auth.switch_failed', current.id || ' ' || outcome) = 1 then
            perform audit.record_event('auth.switch_failed', current.tenant_id,
                jsonb_build_object('outcome', outcome, 'from', current.id));
        end if;
    else
        return query select tried.outcome, tried.result
            from auth.open_session(person, session, opened, tenant_slug, current.methods, facts, current.id) as tried;
        return;
    end if;
    return next;
end
$$;
grant execute on function auth.switch_tenant(bytea, integer, uuid, bytea, text, jsonb) to rowhouse_auth;
comment on function auth.switch_tenant(bytea, integer, uuid, bytea, text, jsonb) is
    'Opens a sibling session in another tenant of the person whose good session this is; no age and no proof is gained by it.';
reset role;
