-- Follows a registration's mail, by link or by code: the user, their password and the tenant come into being together.
-- The password is of whoever opened the mail.
--
-- A guest who asked for it stays the same person, with what they said, and signs in from now on; the guest's session is
-- over. There the mailbox alone is not enough: whoever opens the mail shows that they are who asked, by the browser that did or
-- by the guest's session. Else a guest could ask for a stranger's address, wait until they press the button, and have put
-- words into their mouth.
--
-- locale:  the language of whoever opened it
-- admits:  whom REGISTRATION lets in (auth.fault_of_newcomer)
-- browser: the digest of the browser's cookie; handle: sha256 of a session's handle; null where there is none
-- Returns the outcome: verified, invalid_token or throttled; other_browser, registration_closed and registration_invited,
-- which use nothing up. Whether the tenant's slug was taken by another meanwhile is no outcome: it gets one like it
-- (auth.free_slug), and its owner sees which when they sign in.
set local role rowhouse_definer;
create or replace function auth.verify_email(
    link bytea, email text, codes bytea[], password_hash text, locale text, facts jsonb, admits text default 'open',
    browser bytea default null, handle bytea default null
) returns table (outcome text, retry_after integer)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tried        record;
    token        auth.mail_tokens;
    registration auth.registrations;
    person       uuid := uuidv7();
begin
    select * into strict tried from auth.try_mail_token('register', link, email, codes, facts);
    outcome := tried.outcome;
    retry_after := tried.retry_after;
    token := tried.token;
    if outcome = 'ok' and exists (select from app.users as known where lower(known.email) = token.email) then
        outcome := 'invalid_token';
    end if;
    if outcome = 'ok' then
        outcome := coalesce(auth.fault_of_newcomer(token.email, admits), 'ok');
    end if;
    if outcome = 'ok' then
        select * into strict registration from auth.registrations as pending where pending.token_id = token.id;
        if registration.guest_id is not null then
            person := registration.guest_id;
            outcome := auth.become_account(token, registration, password_hash, locale, browser, handle, facts);
        else
            perform context.act(person, null, facts);
            insert into app.users (id, email, name, locale)
                values (person, token.email, registration.name, verify_email.locale);
            insert into auth.passwords (user_id, hash) values (person, password_hash);
            if registration.tenant_slug is not null then
                perform auth.create_tenant(auth.free_slug(registration.tenant_slug), registration.tenant_name, person);
            end if;
        end if;
    end if;
    if outcome = 'ok' then
        perform auth.forget_registrations(token.email, person);
        outcome := 'verified';
    end if;
    return next;
end
$$;
grant execute on function auth.verify_email(bytea, text, bytea[], text, text, jsonb, text, bytea, bytea) to rowhouse_auth;
comment on function auth.verify_email(bytea, text, bytea[], text, text, jsonb, text, bytea, bytea) is
    'Follows a registration''s link or code: makes the user, the password and the tenant at once, or an account of a guest. Outcome: verified, invalid_token, throttled, other_browser, registration_closed or registration_invited.';
reset role;
