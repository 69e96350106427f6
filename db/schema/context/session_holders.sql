-- Sessions by the digest of their handle (sha256 of sha256), live or not, with the live state of all that they depend on.
-- A session ends when its own time is over, or earlier, by limits that its tenant has set since: shorter ones bite at once.
-- Whoever has the role guest came as a guest, whether or not they have an account by now: the kind says so, and what takes
-- a session of a member is not for them. Who has no account is out at once where the tenant wants no guests any more.
-- What somebody may do is what their role may do and what they were granted for a time that has not ended; the clock ends it,
-- and no job.
-- A view, so that whoever asks for one row has the join planned into their own statement.
create or replace view context.session_holders with (security_invoker = true) as
    select
        session.handle_digest as digest,
        row(
            case when role.built_in and role.name = 'guest' then 'guest' else 'session' end, session.id,
            person.id, person.status,
            session.tenant_id, tenant.status,
            case when person.is_guest and not tenant.allows_guests then 'unwelcome' else membership.status end,
            coalesce(membership.is_owner, false), held.permissions,
            session.user_agent,
            session.ended_at is not null,
            least(
                session.idle_expires_at, session.expires_at,
                session.rotated_at + tenant.session_idle_minutes * interval '1 minute',
                session.authenticated_at + tenant.session_lifetime_minutes * interval '1 minute'
            ) <= statement_timestamp(),
            tenant.fingerprint,
            case when tenant.fingerprint_network then session.ip end,
            session.key_thumbprint,
            team.list
        )::context.holder as holder,
        least(
            session.idle_expires_at, session.expires_at,
            session.rotated_at + tenant.session_idle_minutes * interval '1 minute',
            session.authenticated_at + tenant.session_lifetime_minutes * interval '1 minute'
        ) as ends_at
    from auth.sessions as session
    join app.users as person on person.id = session.user_id
    left join app.tenants as tenant on tenant.id = session.tenant_id
    left join app.memberships as membership
        on membership.tenant_id = session.tenant_id and membership.user_id = session.user_id
    left join app.roles as role
        on role.tenant_id = membership.tenant_id and role.id = membership.role_id
    cross join lateral (
        select case count(*)
            when 0 then coalesce(role.permissions, '{}')
            else array(select unnest(role.permissions) union select unnest(array_agg(live.permission)) order by 1)
        end as permissions
        from app.grants as live
        where live.tenant_id = session.tenant_id and live.user_id = session.user_id and live.ends_at > statement_timestamp()
    ) as held
    cross join lateral (
        select format('{%s} {%s}',
            string_agg(mine.team_id::text, ','), string_agg(mine.team_id::text, ',') filter (where mine.role = 'lead')
        ) as list
        from app.team_members as mine
        where mine.tenant_id = session.tenant_id and mine.user_id = session.user_id
            -- Visitors are in no team, whoever put them there.
            and (role.built_in and role.name = 'guest') is not true
    ) as team;
grant select on context.session_holders to rowhouse_definer;
comment on view context.session_holders is
    'Sessions by the digest of their handle, live or not, with the live state of their user, tenant, membership and role.';
