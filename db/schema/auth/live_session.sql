-- The session with this handle, locked, if it may go on as it is; else why not. For what somebody does with their own
-- account outside the door. Names the actor for the trail,
-- which has a refusal here as it has one of the door's.
--
-- handle: sha256 of the session's secret handle; guests: whether a guest will do, who has no account
-- Outcomes: ok; account_required for a guest; unknown; no_session for an API key; or what context.fault_of() says.
set local role rowhouse_definer;
create or replace function auth.live_session(handle bytea, facts jsonb, guests boolean default false)
    returns table (outcome text, session auth.sessions)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    holder context.holder;
begin
    select * into session from auth.sessions as known where known.handle_digest = sha256(handle) for update;
    if not found then
        outcome := case
            when exists (select from context.api_key_holders as key where key.digest = sha256(handle)) then 'no_session'
            else 'unknown'
        end;
        perform auth.record_refusal(handle, 'RH403', 'session', facts);
        return next;
        return;
    end if;
    select (known.holder).* into holder from context.session_holders as known where known.digest = sha256(handle);
    outcome := coalesce(context.fault_of(holder, facts), 'ok');
    if outcome = 'ok' and not guests and exists (
        select from app.users as person where person.id = session.user_id and person.is_guest
    ) then
        outcome := 'account_required';
        perform auth.record_refusal(handle, 'RH403', 'account', facts);
    elsif outcome <> 'ok' then
        perform auth.record_refusal(handle, 'RH401', outcome, facts);
    end if;
    perform context.act(session.user_id, session.tenant_id, facts);
    return next;
end
$$;
comment on function auth.live_session(bytea, jsonb, boolean) is
    'The session with this handle, locked, and whether it may go on; names the actor for the trail.';
reset role;
