-- Accesses of the operator's support by the digest of their credential (sha256 of sha256), live or not, with the live state of
-- all that they depend on: a company that turns support off, or down to reading, is heard at once.
--
-- As a member, support holds what the member's role holds; in its own name it sees settings, people, roles, usage and the
-- trail, and no chat or document. Either way it can hand nothing out: no role, no key, no setting, no membership.
create or replace view context.support_holders with (security_invoker = true) as
    select
        access.digest,
        row(
            'support', access.id,
            coalesce(access.user_id, access.id), case when access.user_id is null then 'active' else person.status end,
            access.tenant_id, tenant.status, case when access.user_id is null then 'active' else membership.status end,
            false, granted.permissions,
            null,
            access.ended_at is not null or tenant.support_access = 'off',
            access.expires_at <= statement_timestamp(),
            null, null, null,
            team.list
        )::context.holder as holder,
        access.may_write and tenant.support_access = 'write' as writes
    from auth.support_accesses as access
    join app.tenants as tenant on tenant.id = access.tenant_id
    left join app.users as person on person.id = access.user_id
    left join app.memberships as membership
        on membership.tenant_id = access.tenant_id and membership.user_id = access.user_id
    left join app.roles as role
        on role.tenant_id = membership.tenant_id and role.id = membership.role_id
    cross join lateral (
        select array(
            select unnest(case when access.user_id is null then '{configure_model,view_analytics,view_audit}' else role.permissions end)
            except select unnest('{manage_users,manage_roles,manage_teams,manage_api_keys,manage_webhooks,manage_tenant}'::text[])
            order by 1
        ) as permissions
        offset 0
    ) as granted
    cross join lateral (
        select format('{%s} {}', string_agg(mine.team_id::text, ',')) as list
        from app.team_members as mine
        where mine.tenant_id = access.tenant_id and mine.user_id = access.user_id
    ) as team;
grant select on context.support_holders to rowhouse_definer;
comment on view context.support_holders is
    'Accesses for support by the digest of their credential, live or not, with the live state of their company and of the member they act as. What hands out rights is never among their permissions.';
