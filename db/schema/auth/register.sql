-- Keeps a registration until its address is verified. No user exists before that, so nobody can sit on
-- somebody else's address and wait. The caller of the API hears the same in every case.
--
-- digest: sha256 of the link's secret. Returns what to mail:
--   verify   the verification link
--   exists   a note that the address has an account already
--   nothing  three links in an hour are enough for any address
set local role rowhouse_definer;
create or replace function auth.register(
    email text, name text, password_hash text, tenant_slug text, tenant_name text, digest bytea, facts jsonb
) returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    address text := auth.normalise_email(email);
begin
    perform context.act(null, null, facts);
    -- Two registrations of one address at once take turns, so that the limit below is exact.
    perform pg_advisory_xact_lock(hashtext('auth.register'), hashtext(address));
    if (
        select count(*) >= 3 from auth.registrations as recent
        where recent.email = address and recent.created_at > now() - interval '1 hour'
    ) then
        return 'nothing';
    end if;
    insert into auth.registrations (email, name, password_hash, tenant_slug, tenant_name, digest)
        values (address, btrim(register.name), register.password_hash, register.tenant_slug,
            btrim(register.tenant_name), sha256(register.digest));
    if exists (select from app.users as person where lower(person.email) = address) then
        return 'exists';
    end if;
    return 'verify';
end
$$;
grant execute on function auth.register(text, text, text, text, text, bytea, jsonb) to rowhouse_auth;
comment on function auth.register(text, text, text, text, text, bytea, jsonb) is
    'Keeps a registration until its link is followed; returns what to mail: verify, exists or nothing.';
reset role;
