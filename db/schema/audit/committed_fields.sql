-- The fields of an event that its leaf holds as commitments, so that each can be erased or kept back: what may be of a
-- person. An object is a field for each of its members. Values are JSON, as PostgreSQL writes jsonb.
--
-- Here and in leaf_lines.sql the body is SQL that was read once: so it becomes a part of the query that seals thousands.
create or replace function audit.committed_fields(event audit.events) returns table (name text, value text)
    language sql stable parallel safe security invoker
begin atomic
    select plain.name, plain.value
    from (values
        ('row_key', event.row_key::text),
        ('row_id', to_json(event.row_id)::text),
        ('request_id', to_json(event.request_id)::text),
        ('ip', to_json(event.ip)::text),
        ('user_agent', to_json(event.user_agent)::text)
    ) as plain (name, value)
    where plain.value is not null
    union all
    -- Most of a row stays as it was: what both have is one field.
    select case when (event.old_row -> member.key)::text = member.value::text then 'row.' else 'new_row.' end || member.key,
        member.value::text
    from jsonb_each(case when jsonb_typeof(event.new_row) = 'object' then event.new_row end) as member
    union all
    select 'old_row.' || member.key, member.value::text
    from jsonb_each(case when jsonb_typeof(event.old_row) = 'object' then event.old_row end) as member
    where (event.new_row -> member.key)::text is distinct from member.value::text
    union all
    select 'detail.' || member.key, member.value::text
    from jsonb_each(case when jsonb_typeof(event.detail) = 'object' then event.detail end) as member
    union all
    select whole.name, whole.value::text
    from (values ('old_row', event.old_row), ('new_row', event.new_row), ('detail', event.detail)) as whole (name, value)
    where jsonb_typeof(whole.value) <> 'object' or whole.value = '{}';
end;
grant execute on function audit.committed_fields(audit.events) to rowhouse_definer;
comment on function audit.committed_fields(audit.events) is
    'The fields of an event that its leaf holds as commitments, with their values as JSON (docs/audit/sealing.md).';
