-- Keeps a registration until its address is verified. No user exists before that, and there is no password yet: whoever
-- opens the mail chooses it. So nobody can sit on somebody else's address and wait, and a link that the wrong person
-- follows gives nothing to whoever registered. The caller of the API hears the same in every case, after the same work.
--
-- It is no event of the trail: the address may be anybody's, and what the trail has stays for long. It is counted, and gone
-- after 24 hours.
--
-- link, code: digests; mail: the id of the mail, secret: link and code, encrypted for it; locale: of its text
set local role rowhouse_definer;
create or replace function auth.register(
    email text, name text, tenant_slug text, tenant_name text,
    link bytea, code bytea, mail uuid, secret text, locale text, facts jsonb
) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    address text := auth.normalise_email(email);
    token   uuid;
begin
    perform audit.tally_stranger('auth.register', auth.network((facts ->> 'ip')::inet));
    token := auth.make_mail_token('register', address, null, link, code, null, interval '24 hours', facts);
    if token is null then
        return;
    end if;
    insert into auth.registrations (token_id, name, tenant_slug, tenant_name)
        values (token, btrim(register.name), register.tenant_slug, btrim(register.tenant_name));
    if exists (select from app.users as person where lower(person.email) = address) then
        perform auth.queue_mail(mail, 'account_exists', address, locale, null, facts);
    else
        perform auth.queue_mail(mail, 'verify_email', address, locale, secret, facts);
    end if;
end
$$;
grant execute on function auth.register(text, text, text, text, bytea, bytea, uuid, text, text, jsonb) to rowhouse_auth;
comment on function auth.register(text, text, text, text, bytea, bytea, uuid, text, text, jsonb) is
    'Keeps a registration, without a password, until its mail is followed; queues the mail, of which an address gets three an hour.';
reset role;
