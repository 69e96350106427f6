-- Follows a registration's mail, by link or by code: the user, their password and the tenant come into being together.
-- The password is of whoever opened the mail.
--
-- locale: the language of whoever opened it
-- Returns the outcome: verified, invalid_token or throttled. Whether the tenant's slug was taken by another meanwhile is
-- no outcome: it gets one like it (auth.free_slug), and its owner sees which when they sign in.
set local role rowhouse_definer;
create or replace function auth.verify_email(
    link bytea, email text, codes bytea[], password_hash text, locale text, facts jsonb
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
        select * into strict registration from auth.registrations as pending where pending.token_id = token.id;
        perform context.act(person, null, facts);
        insert into app.users (id, email, name, locale) values (person, token.email, registration.name, verify_email.locale);
        insert into auth.passwords (user_id, hash) values (person, password_hash);
        if registration.tenant_slug is not null then
            perform auth.create_tenant(auth.free_slug(registration.tenant_slug), registration.tenant_name, person);
        end if;
        delete from auth.registrations as other
            using auth.mail_tokens as sibling where sibling.id = other.token_id and sibling.email = token.email;
        perform auth.void_mail_tokens(token.email, person);
        outcome := 'verified';
    end if;
    return next;
end
$$;
grant execute on function auth.verify_email(bytea, text, bytea[], text, text, jsonb) to rowhouse_auth;
comment on function auth.verify_email(bytea, text, bytea[], text, text, jsonb) is
    'Follows a registration''s link or code: makes the user, the password and the tenant at once. Outcome: verified, invalid_token or throttled.';
reset role;
