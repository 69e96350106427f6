-- All that an operator may know of somebody, as JSON: where they belong, by what they can sign in, what they hold that
-- opens a door, and when they were last here. No hash, no seed, no digest: whatever could be used, stays where it is.
set local role rowhouse_definer;
create or replace function auth.describe_person(person uuid) returns jsonb
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select jsonb_build_object(
        'id', known.id, 'email', known.email, 'name', known.name, 'locale', known.locale, 'status', known.status,
        'createdAt', known.created_at,
        'lastSeenAt', (select max(session.last_seen_at) from auth.sessions as session where session.user_id = known.id),
        'sessions', (select count(*) from auth.sessions as session where session.user_id = known.id
            and session.ended_at is null and least(session.idle_expires_at, session.expires_at) > now()),
        'password', (
            select jsonb_build_object('kind', split_part(password.hash, '$', 2), 'changedAt', password.changed_at)
            from auth.passwords as password where password.user_id = known.id),
        'identities', coalesce((
            select jsonb_agg(jsonb_build_object(
                'provider', link.provider, 'issuer', link.issuer, 'since', link.created_at, 'lastUsedAt', link.last_used_at
            ) order by link.id)
            from auth.identities as link where link.user_id = known.id), '[]'),
        'totp', exists (select from auth.totp_factors as factor
            where factor.user_id = known.id and factor.confirmed_at is not null),
        'passkeys', (select count(*) from auth.passkeys as passkey where passkey.user_id = known.id),
        'recoveryCodesLeft', (select count(*) from auth.recovery_codes as code
            where code.user_id = known.id and code.used_at is null),
        'apiKeys', (select count(*) from auth.api_keys as key where key.user_id = known.id
            and key.revoked_at is null and (key.expires_at is null or key.expires_at > now())),
        'memberships', coalesce((
            select jsonb_agg(jsonb_build_object(
                'tenant', tenant.slug, 'tenantStatus', tenant.status,
                'role', role.name, 'owner', membership.is_owner, 'status', membership.status, 'since', membership.created_at
            ) order by tenant.slug)
            from app.memberships as membership
            join app.tenants as tenant on tenant.id = membership.tenant_id
            join app.roles as role on role.tenant_id = membership.tenant_id and role.id = membership.role_id
            where membership.user_id = known.id), '[]')
    )
    from app.users as known
    where known.id = person
$$;
grant execute on function auth.describe_person(uuid) to rowhouse_owner;
comment on function auth.describe_person(uuid) is
    'For the operator: one person''s memberships, ways in, sessions and keys as JSON, and nothing secret.';
reset role;
