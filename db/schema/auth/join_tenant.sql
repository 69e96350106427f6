-- Joins a tenant by one's proven address: its domain is the tenant's own, and the tenant lets its people in. The very
-- domain: who has a mailbox in one below it has none in this.
--
-- handle: sha256 of the handle of the session of whoever joins
-- Outcomes: ok, with {id, slug, name} of the tenant; already_member; cannot_join, for whatever reason, so that nobody learns
-- which companies there are, or which domains are theirs; or what auth.live_session() says. Who was removed or suspended
-- does not get back in this way. Raises RH471 where every seat is taken.
set local role rowhouse_definer;
create or replace function auth.join_tenant(handle bytea, tenant_slug text, facts jsonb)
    returns table (outcome text, tenant jsonb)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    live   record;
    person app.users;
    place  app.tenants;
    door   app.domains;
    known  app.memberships;
begin
    select * into strict live from auth.live_session(handle, facts);
    outcome := live.outcome;
    if outcome <> 'ok' then
        return next;
        return;
    end if;
    select * into strict person from app.users as one where one.id = (live.session).user_id;
    -- Somebody who presses the button twice takes turns with themselves.
    perform pg_advisory_xact_lock(hashtext('auth.mail_tokens'), hashtext(person.email));
    select * into place from app.tenants as one where lower(one.slug) = tenant_slug and one.status = 'active';
    select * into door from app.domains as one
    where one.tenant_id = place.id and one.domain = split_part(person.email, '@', 2)
        and one.admits and one.verified_at is not null;
    select * into known from app.memberships as one where one.tenant_id = place.id and one.user_id = person.id;
    outcome := case
        when known.status = 'active' then 'already_member'
        when door.id is null or known.id is not null then 'cannot_join'
        else 'ok'
    end;
    if outcome = 'ok' then
        perform context.act(person.id, place.id, facts);
        insert into app.memberships (tenant_id, user_id, role_id, display_name)
            values (place.id, person.id, door.role_id, person.name);
        perform audit.record_event('tenant.joined', place.id, jsonb_build_object('domain', door.id));
        tenant := jsonb_build_object('id', place.id, 'slug', place.slug, 'name', place.name);
    else
        perform audit.tally_stranger('tenant.join_failed', auth.network((facts ->> 'ip')::inet));
    end if;
    return next;
end
$$;
grant execute on function auth.join_tenant(bytea, text, jsonb) to rowhouse_auth;
comment on function auth.join_tenant(bytea, text, jsonb) is
    'Makes a signed-in person a member of a tenant that lets the people of their address''s domain in. Outcome: ok, already_member, cannot_join, or why the session will not do.';
reset role;
