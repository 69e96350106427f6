-- Follows a registration's mail, by link or by code: the user, their password and the tenant come into being together.
-- The password is of whoever opened the mail.
--
-- locale: the language of whoever opened it
-- admits: whom REGISTRATION lets in (auth.fault_of_newcomer)
-- Returns the outcome: verified, invalid_token or throttled; registration_closed and registration_invited, which use nothing up. Whether the tenant's slug was taken by another meanwhile is
-- no outcome: it gets one like it (auth.free_slug), and its owner sees which when they sign in.
set local role rowhouse_definer;
create or replace function auth.verify_email(
    link bytea, email text, codes bytea[], password_hash text, locale text, facts jsonb, admits text default 'open'
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
        perform context.act(person, null, facts);
        insert into app.users (id, email, name, locale) values (person, token.email, registration.name, verify_email.locale);
        insert into auth.passwords (user_id, hash) values (person, password_hash);
        if registration.tenant_slug is not null then
            perform auth.create_tenant(auth.free_slug(registration.tenant_slug), registration.tenant_name, person);
        end if;
        perform auth.forget_registrations(token.email, person);
        outcome := 'verified';
    end if;
    return next;
end
$$;
grant execute on function auth.verify_email(bytea, text, bytea[], text, text, jsonb, text) to rowhouse_auth;
comment on function auth.verify_email(bytea, text, bytea[], text, text, jsonb, text) is
    'Follows a registration''s link or code: makes the user, the password and the tenant at once. Outcome: verified, invalid_token, throttled, registration_closed or registration_invited.';
reset role;
