-- The state of one record at a moment, for the API. Row security decides what is seen of the trail.
do $$
begin
    if to_regtype('app.audited_state') is null then
        create type app.audited_state as (state text, "row" jsonb, event_id uuid, at timestamptz);
    end if;
end
$$;
comment on type app.audited_state is 'A record as it was at a moment, as the trail tells it.';
comment on column app.audited_state.state is 'Whether it was there.';
comment on column app.audited_state."row" is 'Its values, as far as the trail keeps them; null unless it was there. "[redacted]": a value that the trail withholds; "[erased]": one that was erased on request.';
comment on column app.audited_state.event_id is 'The event that tells it: the last change until then; where there is none, the first one after.';
comment on column app.audited_state.at is 'When that was.';

create or replace function app.audit_record_as_of(table_name text, row_id text, moment timestamptz) returns app.audited_state
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select known.state, known."row", known.event_id, known.at
    from audit.record_as_of((select context.tenant_requiring('view_audit')), table_name, row_id, moment) as known
$$;
grant execute on function app.audit_record_as_of(text, text, timestamptz) to rowhouse_app;
comment on function app.audit_record_as_of(text, text, timestamptz) is
    'A record as it was at a moment, whether or not it is there now, as far as the trail keeps its values; needs view_audit.';
