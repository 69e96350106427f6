-- The second half of a login. The server checked the password; here it becomes a session, or a failure
-- in the trail. Nothing raises, because a failure must be committed too.
--
-- verified:     whether the password was right (the server's word: argon2id runs there)
-- session:      the id of the session to make; handle: sha256 of its secret handle
-- tenant_slug:  which tenant; null takes the membership that was used last
-- Returns the outcome (ok, invalid_credentials, user_banned, not_a_member, tenant_suspended) and, for ok,
-- {user, tenant, tenants} as JSON. Why it failed is told only to who knew the password.
set local role rowhouse_definer;
create or replace function auth.finish_login(
    email text, verified boolean, session uuid, handle bytea, tenant_slug text, facts jsonb
) returns table (outcome text, result jsonb)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    address text := auth.normalise_email(email);
    person  app.users;
    place   record;
begin
    select * into person from app.users as known where lower(known.email) = address;

    select membership.tenant_id, tenant.slug, tenant.name, tenant.status into place
    from app.memberships as membership
    join app.tenants as tenant on tenant.id = membership.tenant_id
    where membership.user_id = person.id and membership.status = 'active'
        and (finish_login.tenant_slug is null or tenant.slug = finish_login.tenant_slug)
    order by
        tenant.status = 'active' desc,
        (select max(past.created_at) from auth.sessions as past
            where past.user_id = person.id and past.tenant_id = membership.tenant_id) desc nulls last,
        membership.id
    limit 1;

    outcome := case
        when person.id is null or verified is not true then 'invalid_credentials'
        when person.status = 'banned' then 'user_banned'
        when place is null and finish_login.tenant_slug is not null then 'not_a_member'
        when place is not null and place.status <> 'active' then 'tenant_suspended'
        else 'ok'
    end;

    perform context.act(person.id, place.tenant_id, facts);
    if outcome <> 'ok' then
        -- A wrong password says nothing of a tenant yet, so such a failure belongs to the platform.
        perform audit.record_event(
            'auth.login_failed',
            case when outcome in ('user_banned', 'tenant_suspended') then place.tenant_id end,
            jsonb_build_object('outcome', outcome, 'email', address)
        );
        return next;
        return;
    end if;

    delete from auth.login_throttles
    where key = sha256(convert_to(address || ' ' || auth.network((facts ->> 'ip')::inet), 'UTF8'));
    insert into auth.sessions (id, user_id, tenant_id, handle_digest, user_agent, ip) values (
        finish_login.session, person.id, place.tenant_id, sha256(handle),
        facts ->> 'user_agent', (facts ->> 'ip')::inet
    );
    perform audit.record_event('auth.login', place.tenant_id, jsonb_build_object('session', finish_login.session));
    result := jsonb_build_object(
        'user', jsonb_build_object('id', person.id, 'email', person.email, 'name', person.name, 'locale', person.locale),
        'tenant', case when place is not null then
            jsonb_build_object('id', place.tenant_id, 'slug', place.slug, 'name', place.name) end,
        'tenants', auth.list_tenants(person.id)
    );
    return next;
end
$$;
grant execute on function auth.finish_login(text, boolean, uuid, bytea, text, jsonb) to rowhouse_auth;
comment on function auth.finish_login(text, boolean, uuid, bytea, text, jsonb) is
    'Turns a checked password into a session, or into a failure in the trail. Never raises for a refusal, so that both commit.';
reset role;
