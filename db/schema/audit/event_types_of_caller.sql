-- For app.audit_event_types(): the catalogue of events, for holders of view_audit.
set local role rowhouse_definer;
create or replace function audit.event_types_of_caller() returns setof app.audit_event_type
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
begin
    if context.tenant_where('view_audit') is null then
        perform context.refuse('view_audit');
    end if;
    return query
        select known.action, nullif(known.table_name, ''), known.severity, known.meaning
        from audit.event_types as known
        order by known.table_name <> '', known.table_name collate "C", known.action collate "C";
end
$$;
grant execute on function audit.event_types_of_caller() to rowhouse_app;
comment on function audit.event_types_of_caller() is 'The catalogue of events, those with a name first; needs view_audit.';
reset role;
