-- Marks an account to be deleted when the grace is over. Nobody can do anything with it until then, whoever asked: sessions
-- end, API keys are revoked, and who signs in is told. What brings it back is the link, or the code, of the mail that goes
-- out, so that somebody who found an open session and knew the password deletes nothing for good.
--
-- grace: how long; link, code: digests of what the mail holds; secret: both, encrypted for this mail
-- Outcomes: ok, with the time; step_up_required; last_owner, with the slugs of the companies; throttled, where the address
-- got enough such mails; or what auth.live_session() says.
set local role rowhouse_definer;
create or replace function auth.request_deletion(
    handle bytea, grace interval, link bytea, code bytea, mail uuid, secret text, facts jsonb
) returns table (outcome text, due_at timestamptz, tenants text[])
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    shown  record;
    person app.users;
    ended  integer := 0;
    found_now integer;
begin
    select * into strict shown from auth.live_session(handle, facts);
    outcome := shown.outcome;
    if outcome <> 'ok' then
        return next;
        return;
    end if;
    select * into strict person from app.users as known where known.id = (shown.session).user_id;
    tenants := '{}';
    if not auth.is_fresh(shown.session) then
        outcome := 'step_up_required';
        perform audit.record_event('auth.step_up_required', (shown.session).tenant_id, '{"for": "deleting an account"}');
    else
        tenants := auth.owned_alone(person.id);
        outcome := case when tenants <> '{}' then 'last_owner' else 'ok' end;
    end if;
    if outcome = 'ok' then
        perform from auth.passwords as known where known.user_id = person.id for update;
        -- A day more than the grace: until the job has begun, the account can be kept.
        if auth.make_mail_token(
            'restore_account', person.email, person.id, link, code, null, grace + interval '1 day', facts
        ) is null then
            outcome := 'throttled';
        end if;
    end if;
    if outcome <> 'ok' then
        perform audit.record_event('auth.account_deletion_refused', null, jsonb_build_object('outcome', outcome));
        return next;
        return;
    end if;

    perform auth.void_mail_tokens(person.email, person.id);
    -- Who is signing in at this moment is through and ends below, or waits and is told.
    perform auth.lock_sessions(person.id);
    insert into auth.deletions as leaving (user_id, due_at) values (person.id, now() + grace)
        returning leaving.due_at into due_at;
    loop
        update auth.sessions as session set ended_at = now(), end_reason = 'account_deleted'
        where session.user_id = person.id and session.ended_at is null;
        exit when not found;
        get diagnostics found_now = row_count;
        ended := ended + found_now;
    end loop;
    update auth.api_keys as key set revoked_at = now() where key.user_id = person.id and key.revoked_at is null;
    perform auth.queue_mail(mail, 'deletion_asked', person.email, person.locale, secret, facts);
    perform audit.record_event('auth.account_deletion_asked', null, jsonb_build_object('due_at', due_at, 'ended', ended));
    return next;
end
$$;
grant execute on function auth.request_deletion(bytea, interval, bytea, bytea, uuid, text, jsonb) to rowhouse_auth;
comment on function auth.request_deletion(bytea, interval, bytea, bytea, uuid, text, jsonb) is
    'Marks the account of a session''s owner to be deleted when the grace is over; ends its sessions and API keys and queues the mail that can bring it back.';
reset role;
