-- What an operator may know of a tenant, as JSON: how it stands, who owns it, and what it uses of what it may. Nothing that
-- people said in it.
set local role rowhouse_definer;
create or replace function auth.describe_tenant(tenant uuid) returns jsonb
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select jsonb_build_object(
        'id', known.id, 'slug', known.slug, 'name', known.name, 'status', known.status, 'createdAt', known.created_at,
        'owners', coalesce((
            select jsonb_agg(person.email order by person.email)
            from app.memberships as membership join app.users as person on person.id = membership.user_id
            where membership.tenant_id = known.id and membership.is_owner and membership.status = 'active'), '[]'),
        'members', (select count(*) from app.memberships as membership
            where membership.tenant_id = known.id and membership.status = 'active'),
        'keys', auth.keys_in_use(known.id),
        'requestsToday', auth.requests_today(known.id),
        'storage', context.storage_in_use(known.id),
        'sessions', (select count(*) from auth.sessions as session where session.tenant_id = known.id
            and session.ended_at is null and least(session.idle_expires_at, session.expires_at) > now()),
        'limits', jsonb_build_object(
            'seats', known.seats, 'keys', known.key_limit, 'requestsPerMinute', known.requests_per_minute,
            'requestsPerDay', known.requests_per_day, 'graceDays', known.deletion_grace_days,
            'storage', known.storage_limit),
        'signInWays', known.sign_in_ways,
        'deletion', (
            select jsonb_build_object(
                'askedAt', leaving.asked_at, 'askedBy', leaving.asked_by, 'dueAt', leaving.due_at,
                'beganAt', leaving.began_at, 'counts', leaving.counts)
            from auth.tenant_deletions as leaving where leaving.id = known.id)
    )
    from app.tenants as known where known.id = tenant
$$;
grant execute on function auth.describe_tenant(uuid) to rowhouse_owner;
comment on function auth.describe_tenant(uuid) is
    'For the operator: how a tenant stands, who owns it, its limits and what it uses of them, as JSON.';
reset role;
