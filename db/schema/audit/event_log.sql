-- The trail for whoever reads it in SQL: names beside ids, and which columns a change changed. The other views of it are of this
-- one; all of them have the names that GraphQL has. What somebody may see of audit.events and app.users decides what they see here.
--
-- A condition on tenant_id and at is met by the index of each month that it leaves.
create or replace view audit.event_log with (security_invoker = true) as
    select
        event.tenant_id, event.id, event.at, event.action, event.severity, event.table_name, event.row_id,
        event.actor_kind, event.actor_id, actor.name as actor, actor.email as actor_email,
        event.credential_id, event.impersonator_id, event.request_id, event.ip, event.user_agent, event.database_role,
        event.detail, event.old_row, event.new_row,
        case when event.action = 'update' then
            array(select change.column_name from audit.changes(event.old_row, event.new_row) as change)
        end as changed
    from audit.events as event
    left join app.users as actor on actor.id = event.actor_id;
grant select on audit.event_log to rowhouse_auditor;
comment on view audit.event_log is
    'The trail with the names of who acted and the columns that changed. Names and addresses are those of today; an account that was erased has none.';
