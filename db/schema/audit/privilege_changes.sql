-- Whose rights changed: who somebody is in a company, what a role may, what was granted for a time, who is in which team, what a
-- key may, whose people join by a domain, and how a company lets people and the operator's support in. One row for each column that decides about it.
--
-- A role is named as it was called then, which the trail knows too. That an event is a change is asked by its rows, and not by its
-- action: so the few tables are what the index is chosen by.
create or replace view audit.privilege_changes with (security_invoker = true) as
    select
        event.tenant_id, event.id, event.at, event.action, event.severity, event.table_name, event.row_id,
        event.actor_kind, event.actor_id, event.actor, event.request_id,
        event.subject_id,
        (select person.name from app.users as person where person.id = event.subject_id) as subject,
        case change.column_name when 'role_id' then 'role' else change.column_name end as column_name,
        case when change.column_name = 'role_id' then coalesce((
            select was."row" -> 'name' from audit.record_as_of(event.tenant_id, 'app.roles', change.before #>> '{}', event.at) as was
        ), change.before) else change.before end as before,
        case when change.column_name = 'role_id' then coalesce((
            select is_now."row" -> 'name' from audit.record_as_of(event.tenant_id, 'app.roles', change.after #>> '{}', event.at) as is_now
        ), change.after) else change.after end as after
    from (
        select *, case when pg_input_is_valid(coalesce(new_row, old_row) ->> 'user_id', 'uuid')
            then (coalesce(new_row, old_row) ->> 'user_id')::uuid end as subject_id
        from audit.event_log
        where table_name in (
                'app.memberships', 'app.roles', 'app.grants', 'app.team_members', 'app.domains', 'auth.api_keys', 'app.tenants'
            )
            and (old_row is not null or new_row is not null)
    ) as event
    cross join lateral audit.changes(event.old_row, event.new_row) as change
    where (event.table_name, change.column_name) in (
        ('app.memberships', 'role_id'), ('app.memberships', 'is_owner'), ('app.memberships', 'status'),
        ('app.roles', 'name'), ('app.roles', 'permissions'),
        ('app.grants', 'permission'), ('app.grants', 'ends_at'),
        ('app.team_members', 'team_id'), ('app.team_members', 'role'),
        ('app.domains', 'role_id'), ('app.domains', 'admits'),
        ('auth.api_keys', 'role_id'), ('auth.api_keys', 'scopes'), ('auth.api_keys', 'user_id'), ('auth.api_keys', 'opens_guests'),
        ('auth.api_keys', 'expires_at'), ('auth.api_keys', 'revoked_at'),
        ('app.tenants', 'status'), ('app.tenants', 'support_access'), ('app.tenants', 'allows_guests'),
        ('app.tenants', 'requires_second_factor'), ('app.tenants', 'sign_in_ways'), ('app.tenants', 'single_session'),
        ('app.tenants', 'session_idle_minutes'), ('app.tenants', 'session_lifetime_minutes'),
        ('app.tenants', 'fingerprint'), ('app.tenants', 'fingerprint_network')
    );
grant select on audit.privilege_changes to rowhouse_auditor;
comment on view audit.privilege_changes is
    'Whose rights changed, by whom, and from what to what: members, roles, grants, teams, domains, API keys, and how a company lets people and support in. subject: the person it is about, where it is about one.';
