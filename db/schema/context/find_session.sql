-- The session with this handle, with the live state of all that it depends on.
set local role rowhouse_definer;
create or replace function context.find_session(digest bytea) returns setof context.holder
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select
        'session', session.id,
        person.id, person.status,
        session.tenant_id, tenant.status, membership.status,
        coalesce(membership.is_owner, false), coalesce(role.permissions, '{}'),
        session.user_agent,
        session.ended_at is not null,
        least(session.idle_expires_at, session.expires_at) <= statement_timestamp()
    from auth.sessions as session
    join app.users as person on person.id = session.user_id
    left join app.tenants as tenant on tenant.id = session.tenant_id
    left join app.memberships as membership
        on membership.tenant_id = session.tenant_id and membership.user_id = session.user_id
    left join app.roles as role
        on role.tenant_id = membership.tenant_id and role.id = membership.role_id
    where session.handle_digest = digest
$$;
comment on function context.find_session(bytea) is
    'The session whose handle has this digest (sha256 of sha256), live or not, with its user, tenant, membership and role.';
reset role;
