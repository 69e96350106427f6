-- The trail for whoever reads it in SQL: names beside ids, and which columns a change changed. The other views of it are of this
-- one; all of them have the names that GraphQL has. What somebody may see of audit.events and app.users decides what they see here.
--
-- A condition on tenant_id and at is met by the index of each month that it leaves. Names are looked up by their key for the rows
-- that are shown, and for no others: a join would be planned for one row, because there are no statistics of what people do.
create or replace view audit.event_log with (security_invoker = true) as
    select
        event.tenant_id, event.id, event.at, event.action, event.severity, event.table_name, event.row_id,
        event.actor_kind, event.actor_id,
        (select person.name from app.users as person where person.id = event.actor_id) as actor,
        (select person.email from app.users as person where person.id = event.actor_id) as actor_email,
        event.credential_id, event.impersonator_id, event.request_id, event.ip, event.user_agent, event.database_role,
        event.detail, event.old_row, event.new_row,
        case when event.action = 'update' then
            array(select change.column_name from audit.changes(event.old_row, event.new_row) as change order by 1)
        end as changed
    from audit.events as event;
grant select on audit.event_log to rowhouse_auditor;
comment on view audit.event_log is
    'The trail with the names of who acted and the columns that changed. Names and addresses are those of today; an account that was erased has none.';
