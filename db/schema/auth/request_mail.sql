-- Mails a link and a code to an address, for a new password (reset_password, good for 30 minutes) or to come in with
-- (sign_in, 15 minutes). For an address without an account the same is done, and the mail says that there is none: so
-- the caller of the API learns nothing, and the owner of the address does.
--
-- browser: the digest of the cookie of the browser that asked, for a link that signs in
-- locale:  of the mail to an address without an account
set local role rowhouse_definer;
create or replace function auth.request_mail(
    purpose text, email text, link bytea, code bytea, browser bytea, mail uuid, secret text, locale text, facts jsonb
) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    address text := auth.normalise_email(email);
    person  app.users;
begin
    if purpose is null or purpose not in ('reset_password', 'sign_in') then
        raise exception using errcode = 'RH400', message = 'the purpose is reset_password or sign_in';
    end if;
    perform audit.tally_stranger('auth.' || purpose, auth.network((facts ->> 'ip')::inet));
    select * into person from app.users as known where lower(known.email) = address;
    if auth.make_mail_token(purpose, address, person.id, link, code, browser,
        case purpose when 'sign_in' then interval '15 minutes' else interval '30 minutes' end, facts) is null
    then
        return;
    end if;
    if person.id is null then
        perform auth.queue_mail(mail, 'no_account', address, locale, null, facts);
    else
        perform auth.queue_mail(mail, purpose, person.email, person.locale, secret, facts);
    end if;
end
$$;
grant execute on function auth.request_mail(text, text, bytea, bytea, bytea, uuid, text, text, jsonb) to rowhouse_auth;
comment on function auth.request_mail(text, text, bytea, bytea, bytea, uuid, text, text, jsonb) is
    'Queues a mail with a link and a code for a new password, or to sign in; or one that says that there is no account.';
reset role;
