-- Writes down that an operator exports a tenant's trail with the command: before a byte of it leaves, in a transaction of its own.
-- Who it was, the database's login says.
--
-- part: {"after", "from", "to", "first", "last", "events"}: which leaves, and how many
set local role rowhouse_definer;
create or replace function audit.note_export(tenant uuid, format text, size bigint, part jsonb) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    perform audit.record_event('audit.exported', tenant, jsonb_strip_nulls(jsonb_build_object(
        'format', format, 'size', size, 'first', part -> 'first', 'last', part -> 'last', 'events', part -> 'events',
        'from', part -> 'from', 'to', part -> 'to')));
end
$$;
grant execute on function audit.note_export(uuid, text, bigint, jsonb) to rowhouse_auditor;
comment on function audit.note_export(uuid, text, bigint, jsonb) is
    'Writes into the trail that an operator exports it: the form, the leaves and how many they are.';
reset role;
