-- The text of a leaf, of which its hash is made; also of an event from which something was erased.
set local role rowhouse_definer;
create or replace function audit.leaf_text(leaf audit.leaves, event audit.events) returns text
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select E'rowhouse audit event v1\n' || string_agg(line, '' order by line collate "C")
    from (
        select line from audit.leaf_lines(event, leaf.salt) as line where leaf.salt is not null
        union all
        -- Without a salt, what is committed has none there, and no line.
        select line from audit.leaf_lines(event, null) as line where leaf.salt is null and line is not null
        union all
        select to_json(kept.field)::text || ' ' || coalesce(kept.commitment, audit.commitment(kept.salt, field.value)) || E'\n'
        from audit.commitments as kept
        left join audit.committed_fields(event) as field on field.name = kept.field
        where leaf.salt is null and kept.tenant_id = leaf.tenant_id and kept.event_id = leaf.event_id
    ) as lines (line)
$$;
comment on function audit.leaf_text(audit.leaves, audit.events) is
    'The text of a leaf, of which its hash is made; also where something of the event was erased.';
reset role;
