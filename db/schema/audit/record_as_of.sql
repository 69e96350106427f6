-- One row as it was at a moment, from the events alone, and always an answer:
--
--   present     `row` is what the trail keeps of it; withheld values are "[redacted]", erased ones "[erased]"
--   absent      it was not there yet: its insert came later
--   deleted     it was not there any more
--   unrecorded  the trail says nothing of that time: it has no change of the row, or only later ones of a row that was there before
--
-- event_id and at: the event that tells it, which is the last change until then; where there is none, the first one after.
--
-- Columns whose change alone is no event (the clocks of audit.track()) are as the event left them.
create or replace function audit.record_as_of(tenant uuid, table_name text, row_id text, moment timestamptz)
    returns table (state text, "row" jsonb, event_id uuid, at timestamptz)
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    with last as materialized (
        select event.id, event.at, event.action, event.old_row, event.new_row
        from audit.events as event
        where event.tenant_id = record_as_of.tenant and event.table_name = record_as_of.table_name
            and event.row_id = record_as_of.row_id and event.action in ('insert', 'update', 'delete') and event.at <= moment
        order by event.at desc, event.id desc
        limit 1
    ), next as materialized (
        select event.id, event.at, event.action
        from audit.events as event
        where event.tenant_id = record_as_of.tenant and event.table_name = record_as_of.table_name
            and event.row_id = record_as_of.row_id and event.action in ('insert', 'update', 'delete') and event.at > moment
            and not exists (select from last)
        order by event.at, event.id
        limit 1
    )
    select
        case
            when last.action = 'delete' then 'deleted'
            when last.action is not null then 'present'
            when next.action = 'insert' then 'absent'
            else 'unrecorded'
        end,
        -- That a withheld value became another is news of the event, not of the row.
        case when jsonb_typeof(last.new_row) = 'object' then (
            select coalesce(jsonb_object_agg(key, case
                when value = '"[changed]"' and coalesce(last.old_row -> key, 'null') in ('null', '"[redacted]"') then '"[redacted]"'
                else value
            end), '{}')
            from jsonb_each(last.new_row)
        ) else last.new_row end,
        coalesce(last.id, next.id),
        coalesce(last.at, next.at)
    from (values (0)) as one left join last on true left join next on true
$$;
grant execute on function audit.record_as_of(uuid, text, text, timestamptz) to rowhouse_app, rowhouse_auditor;
comment on function audit.record_as_of(uuid, text, text, timestamptz) is
    'One row as it was at a moment, as far as the trail keeps its values; whether it was there, and which event tells it. tenant: audit.platform() for tables of no tenant.';
