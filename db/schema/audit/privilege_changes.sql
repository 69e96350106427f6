-- Whose rights changed: who somebody is in a company, what a role may, what was granted for a time, who is in which team, what a
-- key may, and whether the operator's support comes in. One row for each column that decides about it.
--
-- A role is named as it was called then, which the trail knows too.
create or replace view audit.privilege_changes with (security_invoker = true) as
    select
        event.tenant_id, event.id, event.at, event.action, event.severity, event.table_name, event.row_id,
        event.actor_kind, event.actor_id, event.actor, event.request_id,
        subject.id as subject_id, subject.name as subject,
        case change.column_name when 'role_id' then 'role' else change.column_name end as column_name,
        coalesce(called.before, change.before) as before,
        coalesce(called.after, change.after) as after
    from audit.event_log as event
    cross join lateral audit.changes(event.old_row, event.new_row) as change
    left join app.users as subject on subject.id = (coalesce(event.new_row, event.old_row) ->> 'user_id')::uuid
    left join lateral (
        select was."row" -> 'name' as before, became."row" -> 'name' as after
        from audit.record_as_of(event.tenant_id, 'app.roles', change.before #>> '{}', event.at) as was
        cross join audit.record_as_of(event.tenant_id, 'app.roles', change.after #>> '{}', event.at) as became
        where change.column_name = 'role_id'
    ) as called on true
    where event.action in ('insert', 'update', 'delete')
        and (event.table_name, change.column_name) in (
            ('app.memberships', 'role_id'), ('app.memberships', 'is_owner'), ('app.memberships', 'status'),
            ('app.roles', 'name'), ('app.roles', 'permissions'),
            ('app.grants', 'permission'), ('app.grants', 'ends_at'),
            ('app.team_members', 'team_id'), ('app.team_members', 'role'),
            ('auth.api_keys', 'role_id'), ('auth.api_keys', 'scopes'), ('auth.api_keys', 'revoked_at'),
            ('app.tenants', 'support_access')
        );
grant select on audit.privilege_changes to rowhouse_auditor;
comment on view audit.privilege_changes is
    'Whose rights changed, by whom, and from what to what: members, roles, grants, teams, API keys, and whether support may come in. subject: the person it is about, where it is about one.';
