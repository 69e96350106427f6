-- Mails a link and a code to an address with which a guest wants to have an account; good for an hour. What comes of it is
-- auth.verify_email()'s: the guest becomes the account, or there is none. Whether the address has an account already, the
-- guest does not learn: the mail says so, to its owner, and the guest stays one. Accounts are never joined.
--
-- browser: the digest of the cookie of the browser that asked; link, code: digests; mail: the id of the mail, secret: link
-- and code, encrypted for it; locale: of its text
-- Outcomes: ok; not_a_guest for who has an account; or why the session will not do.
set local role rowhouse_definer;
create or replace function auth.upgrade_guest(
    handle bytea, email text, name text, link bytea, code bytea, browser bytea, mail uuid, secret text, locale text, facts jsonb
) returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    address text := auth.normalise_email(email);
    shown   record;
    guest   app.users;
    token   uuid;
begin
    select * into strict shown from auth.live_session(handle, facts, guests => true);
    if shown.outcome <> 'ok' then
        return shown.outcome;
    end if;
    select * into strict guest from app.users as known where known.id = (shown.session).user_id;
    if not guest.is_guest then
        return 'not_a_guest';
    end if;
    perform audit.tally_stranger('auth.register', auth.network((facts ->> 'ip')::inet));
    token := auth.make_mail_token('register', address, null, link, code, browser, interval '1 hour', facts);
    if token is null then
        return 'ok';
    end if;
    insert into auth.registrations (token_id, name, guest_id) values (token, btrim(upgrade_guest.name), guest.id);
    if exists (select from app.users as person where lower(person.email) = address) then
        perform auth.queue_mail(mail, 'account_exists', address, locale, null, facts);
    else
        perform auth.queue_mail(mail, 'guest_upgrade', address, locale, secret, facts);
    end if;
    perform audit.record_event('auth.guest_upgrade_requested', (shown.session).tenant_id,
        jsonb_build_object('session', (shown.session).id));
    return 'ok';
end
$$;
grant execute on function auth.upgrade_guest(bytea, text, text, bytea, bytea, bytea, uuid, text, text, jsonb) to rowhouse_auth;
comment on function auth.upgrade_guest(bytea, text, text, bytea, bytea, bytea, uuid, text, text, jsonb) is
    'Queues a mail to an address with which a guest wants to have an account, or one that says that it has one already.';
reset role;
