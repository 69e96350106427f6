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
    -- Whoever may say that a trail was exported says this of it, and nothing else.
    if not exists (select from audit.trees as tree where tree.tenant_id = tenant) then
        perform context.refuse_missing('trail');
    end if;
    if format is null or format not in ('jsonl', 'csv', 'ocsf', 'proof', 'tiles') or size is null or exists (
        select from jsonb_each(part) as told (name, value)
        where case
            when name in ('first', 'last', 'events', 'after') then jsonb_typeof(value) not in ('number', 'null')
            when name in ('from', 'to') then not pg_input_is_valid(coalesce(value #>> '{}', 'infinity'), 'timestamptz')
            else true
        end
    ) then
        raise exception using errcode = 'RH400', message = 'an export is recorded with its form, its size and which leaves it is of';
    end if;
    perform audit.record_event('audit.exported', tenant, jsonb_strip_nulls(jsonb_build_object(
        'format', format, 'size', size, 'first', part -> 'first', 'last', part -> 'last', 'events', part -> 'events',
        'from', part -> 'from', 'to', part -> 'to')));
end
$$;
grant execute on function audit.note_export(uuid, text, bigint, jsonb) to rowhouse_auditor;
comment on function audit.note_export(uuid, text, bigint, jsonb) is
    'Writes into the trail that an operator exports it: the form, the leaves and how many they are.';
reset role;
