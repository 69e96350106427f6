-- Mails a link and a code to an address that somebody wants to use from now on; good for an hour, and the newest only.
-- Whether it has an account already, the caller does not learn: the mail says so, to its owner.
--
-- browser: the digest of the cookie of the browser that asked, in which the link is good without a session
-- Outcomes: ok, or why the session will not do.
set local role rowhouse_definer;
create or replace function auth.request_email_change(
    handle bytea, email text, link bytea, code bytea, browser bytea, mail uuid, secret text, facts jsonb
) returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    address text := auth.normalise_email(email);
    shown   record;
    person  app.users;
    owner   app.users;
    token   uuid;
begin
    select * into strict shown from auth.live_session(handle, facts);
    if shown.outcome <> 'ok' then
        return shown.outcome;
    elsif not auth.is_fresh(shown.session) then
        return 'step_up_required';
    end if;
    select * into strict person from app.users as known where known.id = (shown.session).user_id;
    select * into owner from app.users as known where lower(known.email) = address;
    token := auth.make_mail_token('change_email', address, person.id, link, code, browser, interval '1 hour', facts);
    if token is null then
        return 'ok';
    end if;
    update auth.mail_tokens as earlier set used_at = now()
    where earlier.user_id = person.id and earlier.purpose = 'change_email' and earlier.used_at is null
        and earlier.id <> token;
    if owner.id is null then
        perform auth.queue_mail(mail, 'change_email', address, person.locale, secret, facts);
    else
        perform auth.queue_mail(mail, 'email_taken', owner.email, owner.locale, null, facts);
    end if;
    perform audit.record_event('auth.email_change_requested', (shown.session).tenant_id,
        jsonb_build_object('session', (shown.session).id));
    return 'ok';
end
$$;
grant execute on function auth.request_email_change(bytea, text, bytea, bytea, bytea, uuid, text, jsonb) to rowhouse_auth;
comment on function auth.request_email_change(bytea, text, bytea, bytea, bytea, uuid, text, jsonb) is
    'Queues a mail to an address that the owner of a session wants to use, or one that says that it has an account already.';
reset role;
