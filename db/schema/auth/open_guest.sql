-- Lets a visitor in who shows a publishable key of the tenant and nothing else: a person without an address and without a
-- password, member with the role guest, and a session of their own. What the key holds for everybody who has its page, the
-- session holds for one.
--
-- key:     sha256 of the key. The door judges it, with its origins and addresses: RH401 as everywhere
-- name:    what they go by; locale: their language
-- most:    how many guests a tenant has at a time
-- session: the id of the session to make; handle: sha256 of its secret handle
-- Outcomes: publishable_key_required for any other credential; guests_not_allowed, by the tenant or of this key;
-- too_many_guests; or what auth.open_session() says.
set local role rowhouse_definer;
create or replace function auth.open_guest(
    key bytea, name text, locale text, most integer, session uuid, handle bytea, facts jsonb
) returns table (outcome text, result jsonb)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    opener auth.api_keys;
    place  app.tenants;
    person uuid := uuidv7();
begin
    perform context.enter(key, facts);
    select * into opener from auth.api_keys as known where known.digest = sha256(key);
    if opener.kind is distinct from 'publishable' then
        outcome := 'publishable_key_required';
        return next;
        return;
    end if;
    select * into strict place from app.tenants as tenant where tenant.id = opener.tenant_id;
    -- Visitors of one tenant take turns, so that the limit is exact.
    perform pg_advisory_xact_lock(hashtextextended('guests of ' || place.id, 0));
    outcome := case
        when not (place.allows_guests and opener.opens_guests) then 'guests_not_allowed'
        when (
            select count(*) >= most from auth.sessions as live
            where live.tenant_id = place.id and live.methods = '{}' and live.ended_at is null
        ) then 'too_many_guests'
    end;
    if outcome is not null then
        if audit.tally('auth.guest_refused', opener.id || ' ' || outcome) = 1 then
            perform audit.record_event('auth.guest_refused', place.id,
                jsonb_build_object('outcome', outcome, 'key', opener.id));
        end if;
        return next;
        return;
    end if;

    perform context.act(person, place.id, facts);
    insert into app.users (id, is_guest, name, locale)
        values (person, true, btrim(open_guest.name), open_guest.locale);
    insert into app.memberships (tenant_id, user_id, role_id, display_name)
        select place.id, person, role.id, btrim(open_guest.name)
        from app.roles as role
        where role.tenant_id = place.id and role.built_in and role.name = 'guest';
    perform audit.record_event('auth.guest_opened', place.id, jsonb_build_object('session', session, 'key', opener.id));
    return query select opened.outcome, opened.result
        from auth.open_session(person, session, handle, place.slug, '{}', facts) as opened;
end
$$;
grant execute on function auth.open_guest(bytea, text, text, integer, uuid, bytea, jsonb) to rowhouse_auth;
comment on function auth.open_guest(bytea, text, text, integer, uuid, bytea, jsonb) is
    'Makes a guest of the tenant whose publishable key is shown, and their session. Raises RH401 for a key that does not open the door.';
reset role;
