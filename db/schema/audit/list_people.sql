-- For an access review: who is, or was, a member of the tenant, and by what they come in. Guests are counted by
-- audit.describe_tenant(), and not named. Sessions are kept for 90 days after their end: what was before, the trail tells.
set local role rowhouse_definer;
create or replace function audit.list_people(tenant uuid)
    returns table (
        user_id uuid, name text, email text, account_status text, status text, role_id uuid, is_owner boolean, since timestamptz,
        teams text[], second_factor boolean, ways text[], last_seen_at timestamptz, signed_in_at timestamptz, leaves_at timestamptz
    )
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    with teams as (
        select place.user_id, array_agg(team.name order by team.name) as names
        from app.team_members as place
        join app.teams as team on team.tenant_id = place.tenant_id and team.id = place.team_id
        where place.tenant_id = list_people.tenant
        group by place.user_id
    ),
    sessions as (
        select session.user_id, max(session.last_seen_at) as last_seen_at, max(session.created_at) as signed_in_at
        from auth.sessions as session
        where session.tenant_id = list_people.tenant
        group by session.user_id
    )
    select
        person.id, membership.display_name, person.email, person.status, membership.status, membership.role_id, membership.is_owner,
        membership.created_at, coalesce(teams.names, '{}'), auth.has_second_factor(person.id),
        array(
            select 'password' from auth.passwords as known where known.user_id = person.id
            union all
            select 'passkey' where exists (select from auth.passkeys as known where known.user_id = person.id)
            union all
            select known.provider from (
                select distinct linked.provider from auth.identities as linked where linked.user_id = person.id order by linked.provider
            ) as known
        ),
        sessions.last_seen_at, sessions.signed_in_at, leaving.due_at
    from app.memberships as membership
    join app.users as person on person.id = membership.user_id
    left join teams on teams.user_id = person.id
    left join sessions on sessions.user_id = person.id
    left join auth.deletions as leaving on leaving.user_id = person.id
    where membership.tenant_id = list_people.tenant and not person.is_guest
$$;
grant execute on function audit.list_people(uuid) to rowhouse_auditor;
comment on function audit.list_people(uuid) is
    'For an access review: the members of a tenant, past ones too, with what they come in by, and when they last did as far as sessions are kept.';
reset role;
