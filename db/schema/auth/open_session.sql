-- The last step of every way in: whoever proved to be this person gets a session, if there is nothing against it. Nothing
-- raises, because a failure must be committed too.
--
-- session:      the id of the session to make; handle: sha256 of its secret handle
-- tenant_slug:  which tenant; null takes the membership that was used last
-- methods:      by what they proved it, in the words of RFC 8176: pwd, otp, …; a guest proves nothing
-- facts:        key_thumbprint of the key whose possession the request proved (RFC 9449): the session is bound to it from now on
-- sibling_of:   the session by which they did, if they prove nothing anew (auth.switch_tenant): its age is the new one's
-- way:          by which way they came in, where the methods do not tell: a provider's id
-- Returns the outcome (ok, user_banned, not_a_member, tenant_suspended, way_not_allowed; deletion_pending for who asked for the
-- account to be deleted: then the handle keeps it (auth.offer_restore); of a sibling also expired; mfa_required for who has a
-- second factor and did not show it, mfa_enrolment_required for who has none where the tenant wants one: then the handle is
-- that of the question, see auth.ask_second_factor) and, for ok, {user, tenant, tenants, expires_in} as JSON: seconds until
-- the session ends if nobody refreshes it.
set local role rowhouse_definer;
create or replace function auth.open_session(
    person_id uuid, session uuid, handle bytea, tenant_slug text, methods text[], facts jsonb,
    sibling_of uuid default null, way text default null
) returns table (outcome text, result jsonb)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    person app.users;
    place  app.tenants;
    proven timestamptz := now();
    idle   interval;
    life   interval;
    ended  integer;
    new_device boolean;
begin
    way := coalesce(open_session.way, auth.way_of(methods));
    if sibling_of is not null then
        select sibling.authenticated_at, coalesce(sibling.way, open_session.way) into strict proven, way
        from auth.sessions as sibling where sibling.id = sibling_of;
    end if;

    select tenant.* into place
    from app.memberships as membership
    join app.tenants as tenant on tenant.id = membership.tenant_id
    where membership.user_id = person_id and membership.status = 'active'
        and (open_session.tenant_slug is null or tenant.slug = open_session.tenant_slug)
    order by
        tenant.status = 'active' desc,
        (tenant.sign_in_ways is null or way = any (tenant.sign_in_ways)) desc,
        (select max(past.created_at) from auth.sessions as past
            where past.user_id = person_id and past.tenant_id = membership.tenant_id) desc nulls last,
        membership.id
    limit 1;
    idle := coalesce(place.session_idle_minutes * interval '1 minute', interval '7 days');
    life := coalesce(place.session_lifetime_minutes * interval '1 minute', interval '30 days');

    -- Who is let in while the account is marked to be deleted, or erased, would outlive that: they wait for each other, and what
    -- is asked of the person is asked after that. Where there is one session at a time, two who sign in wait too.
    if place.single_session then
        perform auth.lock_sessions(person_id);
    else
        perform pg_advisory_xact_lock_shared(hashtextextended('sessions of ' || person_id, 0));
    end if;
    select * into strict person from app.users as known where known.id = person_id;

    outcome := case
        when person.status <> 'active' then 'user_banned'
        when place.id is null and open_session.tenant_slug is not null then 'not_a_member'
        when place.status <> 'active' then 'tenant_suspended'
        when proven + life <= now() then 'expired'
        -- A guest comes by no way at all: whether guests are welcome is a question of its own.
        when place.sign_in_ways is not null and not person.is_guest and not coalesce(way = any (place.sign_in_ways), false)
            then 'way_not_allowed'
        when methods && '{otp,hwk,mfa}' then 'ok'
        when auth.has_second_factor(person.id) then 'mfa_required'
        -- A guest proved nothing and can reach nothing that a second factor would keep.
        when place.requires_second_factor and not person.is_guest then 'mfa_enrolment_required'
        else 'ok'
    end;
    -- Told only to who has shown everything that a session takes.
    if outcome in ('ok', 'mfa_enrolment_required')
        and exists (select from auth.deletions as leaving where leaving.user_id = person.id)
    then
        outcome := 'deletion_pending';
    end if;

    perform context.act(person.id, place.id, facts);
    if outcome in ('mfa_required', 'mfa_enrolment_required') then
        perform auth.ask_second_factor(
            person.id, case outcome when 'mfa_required' then 'verify' else 'enrol' end, handle, tenant_slug, methods, place.id, way
        );
        return next;
        return;
    elsif outcome <> 'ok' then
        if outcome = 'deletion_pending' then
            perform auth.offer_restore(person, handle);
        end if;
        perform audit.record_event(
            case when sibling_of is null then 'auth.login_failed' else 'auth.switch_failed' end, place.id,
            jsonb_strip_nulls(jsonb_build_object('outcome', outcome, 'methods', methods, 'from', sibling_of)));
        return next;
        return;
    end if;

    if place.single_session then
        update auth.sessions as other set ended_at = now(), end_reason = 'replaced'
        where other.tenant_id = place.id and other.user_id = person.id and other.ended_at is null;
        get diagnostics ended = row_count;
    end if;
    new_device := sibling_of is null and auth.is_new_device(person.id, facts ->> 'user_agent');
    insert into auth.sessions (
        id, user_id, tenant_id, handle_digest, methods, user_agent, ip, key_thumbprint, way, authenticated_at,
        idle_expires_at, expires_at
    ) values (
        open_session.session, person.id, place.id, sha256(handle), open_session.methods,
        facts ->> 'user_agent', (facts ->> 'ip')::inet, facts ->> 'key_thumbprint', way, proven, now() + idle,
        proven + life
    );
    perform audit.record_event(
        case when sibling_of is null then 'auth.login' else 'auth.switch' end, place.id,
        jsonb_strip_nulls(jsonb_build_object(
            'session', open_session.session, 'methods', methods, 'from', sibling_of, 'replaced', nullif(ended, 0))));
    if new_device then
        perform auth.notify(person.id, 'new_device');
    end if;
    result := jsonb_build_object(
        'user', jsonb_build_object(
            'id', person.id, 'email', person.email, 'name', person.name, 'locale', person.locale, 'guest', person.is_guest),
        'tenant', case when place.id is not null then
            jsonb_build_object('id', place.id, 'slug', place.slug, 'name', place.name) end,
        'tenants', auth.list_tenants(person.id),
        'expires_in', floor(extract(epoch from least(now() + idle, proven + life) - now()))::integer
    );
    return next;
end
$$;
comment on function auth.open_session(uuid, uuid, bytea, text, text[], jsonb, uuid, text) is
    'Makes a session for somebody who proved to be this person, or tells the trail why not. Never raises for a refusal, so that both commit.';
reset role;
