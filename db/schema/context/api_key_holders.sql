-- API keys by their digest (sha256 of sha256), live or not, with the live state of all that they depend on, and what ties
-- them to a place (context.fault_of_key).
--
-- What a key may do is what its owner may do just now, by their role or for a time, within the key's scopes. It is in its
-- owner's teams, and leads none: who is in a team is for people to say. A key of the tenant's own has no owner who
-- could leave: it acts as itself, which is no member, within the role that it names.
create or replace view context.api_key_holders with (security_invoker = true) as
    select
        api_key.digest,
        row(
            'api_key', api_key.id,
            coalesce(api_key.user_id, api_key.id), case when api_key.user_id is null then 'active' else person.status end,
            api_key.tenant_id, tenant.status, case when api_key.user_id is null then 'active' else membership.status end,
            false, granted.permissions,
            null,
            api_key.revoked_at is not null,
            coalesce(api_key.expires_at <= statement_timestamp(), false),
            null, null, null,
            team.list
        )::context.holder as holder,
        api_key.origins,
        api_key.addresses
    from auth.api_keys as api_key
    join app.tenants as tenant on tenant.id = api_key.tenant_id
    left join app.users as person on person.id = api_key.user_id
    left join app.memberships as membership
        on membership.tenant_id = api_key.tenant_id and membership.user_id = api_key.user_id
    left join app.roles as role
        on role.tenant_id = api_key.tenant_id and role.id = coalesce(api_key.role_id, membership.role_id)
    cross join lateral (
        select array(
            (
                select unnest(role.permissions)
                union
                select live.permission from app.grants as live
                where live.tenant_id = api_key.tenant_id and live.user_id = api_key.user_id
                    and live.ends_at > statement_timestamp()
            )
            intersect select unnest(api_key.scopes)
            order by 1
        ) as permissions
        -- Once, and not wherever the holder is looked at.
        offset 0
    ) as granted
    cross join lateral (
        select format('{%s} {}', string_agg(mine.team_id::text, ',')) as list
        from app.team_members as mine
        where mine.tenant_id = api_key.tenant_id and mine.user_id = api_key.user_id
    ) as team;
grant select on context.api_key_holders to rowhouse_definer;
comment on view context.api_key_holders is
    'API keys by their digest, live or not, with the live state of their owner, tenant, membership and role. A key''s permissions are those of its owner''s role, or of its own, within its scopes.';
