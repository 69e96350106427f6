-- Follows a verification link: the user, the password and the tenant come into being together.
--
-- digest:      sha256 of the link's secret
-- tenant_slug: another slug than the registered one, for when that was taken meanwhile
-- Returns the outcome: verified, invalid_token, slug_taken (the link stays good).
set local role rowhouse_definer;
create or replace function auth.verify_email(digest bytea, tenant_slug text, facts jsonb) returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    registration auth.registrations;
    person       uuid := uuidv7();
begin
    perform context.act(null, null, facts);
    -- Two links of one address at once take turns, and with registrations of it: each would wait for the other's row.
    perform pg_advisory_xact_lock(hashtext('auth.register'), hashtext(pending.email))
    from auth.registrations as pending where pending.digest = sha256(verify_email.digest);
    select * into registration
    from auth.registrations as pending
    where pending.digest = sha256(verify_email.digest) and pending.expires_at > now()
    for update;
    if not found or exists (select from app.users as known where lower(known.email) = registration.email) then
        return 'invalid_token';
    end if;
    if verify_email.tenant_slug is not null and registration.tenant_slug is not null then
        registration.tenant_slug := verify_email.tenant_slug;
    end if;

    perform context.act(person, null, facts);
    begin
        insert into app.users (id, email, name) values (person, registration.email, registration.name);
        insert into auth.passwords (user_id, hash) values (person, registration.password_hash);
        if registration.tenant_slug is not null then
            perform auth.create_tenant(registration.tenant_slug, registration.tenant_name, person);
        end if;
    exception
        when unique_violation then
            -- Most likely a slug that was taken meanwhile. Nothing stays behind.
            return case
                when exists (select from app.tenants as tenant where lower(tenant.slug) = registration.tenant_slug)
                    then 'slug_taken'
                else 'invalid_token'
            end;
    end;
    delete from auth.registrations as other where other.email = registration.email;
    return 'verified';
end
$$;
grant execute on function auth.verify_email(bytea, text, jsonb) to rowhouse_auth;
comment on function auth.verify_email(bytea, text, jsonb) is
    'Follows a verification link: makes the user, the password and the tenant at once. Outcome: verified, invalid_token or slug_taken.';
reset role;
