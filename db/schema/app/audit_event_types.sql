create or replace function app.audit_event_types() returns setof app.audit_event_type
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select * from audit.event_types_of_caller()
$$;
grant execute on function app.audit_event_types() to rowhouse_app;
comment on function app.audit_event_types() is 'Every kind of event that the trail can hold, how severe it is and what it means, those with a name first. Needs view_audit.';
