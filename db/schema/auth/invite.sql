-- Invites an address: whoever opens the mail chooses a password there, as after a registration, and has an account, where
-- REGISTRATION is open or invited. Until then there is none. The link and the code are good for a week, and in that week a
-- provider that proves the address makes the account as well.
--
-- The trail has no address of somebody who is nobody here: it has the mail's id. Who came of it is recorded when they come.
--
-- link, code, mail, secret: as for auth.register()
-- Returns the outcome: ok; account_exists; too_many_mails (ten an hour for an address, three of them from here).
set local role rowhouse_definer;
create or replace function auth.invite(
    email text, name text, link bytea, code bytea, mail uuid, secret text, locale text
) returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    address text := auth.normalise_email(email);
    token   uuid;
begin
    token := auth.make_mail_token('register', address, null, link, code, null, interval '7 days', '{}');
    if token is null then
        return 'too_many_mails';
    end if;
    if exists (select from app.users as person where lower(person.email) = address) then
        delete from auth.mail_tokens as unused where unused.id = token;
        return 'account_exists';
    end if;
    insert into auth.registrations (token_id, name, invited) values (token, btrim(invite.name), true);
    perform auth.queue_mail(mail, 'invitation', address, locale, secret, '{}');
    perform audit.record_event('auth.invited', null, jsonb_build_object('mail', mail));
    return 'ok';
end
$$;
grant execute on function auth.invite(text, text, bytea, bytea, uuid, text, text) to rowhouse_owner;
comment on function auth.invite(text, text, bytea, bytea, uuid, text, text) is
    'For the operator: mails an invitation to an address without an account. Outcome: ok, account_exists or too_many_mails.';
reset role;
