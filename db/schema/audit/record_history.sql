-- The history of one row, from the events alone: each change, and of each the columns that it changed. That somebody read it
-- is no change.
create or replace function audit.record_history(tenant uuid, table_name text, row_id text)
    returns table (
        at timestamptz, id uuid, action text, actor_kind text, actor_id uuid, request_id text,
        column_name text, before jsonb, after jsonb
    )
    language sql stable parallel restricted security invoker
begin atomic
    select event.at, event.id, event.action, event.actor_kind, event.actor_id, event.request_id,
        change.column_name, change.before, change.after
    from audit.events as event
    left join lateral audit.changes(event.old_row, event.new_row) as change on true
    where event.tenant_id = record_history.tenant and event.table_name = record_history.table_name
        and event.row_id = record_history.row_id and event.action in ('insert', 'update', 'delete')
    order by event.at, event.id, change.column_name;
end;
grant execute on function audit.record_history(uuid, text, text) to rowhouse_auditor;
comment on function audit.record_history(uuid, text, text) is
    'What became of one row: for each change, by whom, and the columns with their values before and after. tenant: audit.platform() for tables of no tenant.';
