-- Makes a guest the account that they asked for (auth.upgrade_guest): the same person, with address and password. Their role
-- stays guest, because who is in a company, the company says; its managers of users may give another from now on.
--
-- Every session of the guest ends: whoever held one of them has nothing of the account. What was mailed to another address
-- for the same guest is worth nothing, because there is no guest any more.
-- Outcomes: ok; other_browser; invalid_token for a guest who is gone, who has an account by now, or whose
-- tenant wants none any more.
set local role rowhouse_definer;
create or replace function auth.become_account(
    token auth.mail_tokens, registration auth.registrations, password_hash text, locale text,
    browser bytea, handle bytea, facts jsonb
) returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    guest constant uuid := registration.guest_id;
    asked boolean := coalesce(token.browser_digest = sha256(browser), false);
    shown record;
    home  uuid;
    ended integer;
begin
    perform auth.lock_sessions(guest);
    if not asked and handle is not null then
        select * into strict shown from auth.live_session(handle, facts, guests => true);
        asked := shown.outcome = 'ok' and (shown.session).user_id = guest;
    end if;
    if not asked then
        perform audit.tally_stranger('auth.register_other_browser', auth.network((facts ->> 'ip')::inet));
        return 'other_browser';
    end if;
    perform from app.users as known
    where known.id = guest and known.is_guest and exists (
        select from app.memberships as own
        join app.tenants as place on place.id = own.tenant_id
        where own.user_id = known.id and place.allows_guests
    )
    for update of known;
    if not found then
        return 'invalid_token';
    end if;
    perform context.act(guest, null, facts);
    update app.users as known
        set email = token.email, is_guest = false, name = registration.name, locale = become_account.locale
        where known.id = guest;
    insert into auth.passwords (user_id, hash) values (guest, password_hash);
    update app.memberships as own set display_name = registration.name where own.user_id = guest
        returning own.tenant_id into strict home;
    update auth.sessions as session set ended_at = now(), end_reason = 'upgraded'
        where session.user_id = guest and session.ended_at is null;
    get diagnostics ended = row_count;
    perform audit.record_event('auth.guest_upgraded', home, jsonb_build_object('ended', ended));
    return 'ok';
end
$$;
comment on function auth.become_account(auth.mail_tokens, auth.registrations, text, text, bytea, bytea, jsonb) is
    'Makes a guest an account with the address that a mail proved, and ends their sessions. Outcome: ok, other_browser or invalid_token.';
reset role;
