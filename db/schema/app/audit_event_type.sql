-- A kind of event, as the catalogue has it.
do $$
begin
    if to_regtype('app.audit_event_type') is null then
        create type app.audit_event_type as (
            action     text,
            table_name text,
            severity   text,
            meaning    text
        );
    end if;
end
$$;
comment on type app.audit_event_type is 'A kind of event that the trail can hold.';
comment on column app.audit_event_type.action is 'As events have it: insert, update or delete of a row; read, of one that is another''s; or a name such as auth.login.';
comment on column app.audit_event_type.table_name is 'The table of the row, with its schema; null for named events.';
comment on column app.audit_event_type.severity is
    'How severe this kind of event is, on the scale of OCSF; auditEventTypes has all kinds. informational: daily work; low: a change that others live with, or a slip; medium: to be looked at in a review; high: to be looked at now; critical: it cannot be taken back, or touches what all rests on.';
comment on column app.audit_event_type.meaning is 'What has happened.';
