-- A tenant of whoever is signed in: they own it, and enter it by POST /auth/switch. Twenty that they own are enough for one
-- person, and so are five in a day. A slug that another has becomes one like it, so that nobody learns of others by it.
--
-- Outcomes: ok, with the tenant; too_many_tenants; throttled, for so many seconds; or what auth.live_session() says.
set local role rowhouse_definer;
create or replace function auth.create_own_tenant(handle bytea, slug text, name text, facts jsonb)
    returns table (outcome text, tenant jsonb, retry_after integer)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    shown  record;
    person uuid;
    made   uuid;
begin
    select * into strict shown from auth.live_session(handle, facts);
    outcome := shown.outcome;
    if outcome <> 'ok' then
        return next;
        return;
    end if;
    person := (shown.session).user_id;
    -- Two at once take turns, so that the last that is allowed is made once.
    perform pg_advisory_xact_lock(hashtextextended('tenants of ' || person, 0));
    if (
        select count(*) from app.memberships as membership
        join app.tenants as owned on owned.id = membership.tenant_id
        where membership.user_id = person and membership.is_owner and membership.status = 'active'
    ) >= 20 then
        outcome := 'too_many_tenants';
    else
        retry_after := auth.throttle('tenant ' || person, 5);
        if retry_after > 0 then
            outcome := 'throttled';
        end if;
    end if;
    if outcome <> 'ok' then
        perform audit.record_event('tenant.create_refused', null, jsonb_build_object('outcome', outcome));
        return next;
        return;
    end if;
    made := auth.create_tenant(auth.free_slug(create_own_tenant.slug), create_own_tenant.name, person);
    perform audit.record_event('tenant.created', made, jsonb_build_object('owner', person));
    select jsonb_build_object('id', own.id, 'slug', own.slug, 'name', own.name) into strict tenant
    from app.tenants as own where own.id = made;
    return next;
end
$$;
grant execute on function auth.create_own_tenant(bytea, text, text, jsonb) to rowhouse_auth;
comment on function auth.create_own_tenant(bytea, text, text, jsonb) is
    'Makes a tenant that the owner of a session owns. Outcome: ok, too_many_tenants, throttled, or why the session will not do.';
reset role;
