-- The lines of an event's leaf but the first, which names the version: version 1 of the encoding, which docs/audit/sealing.md
-- tells to the byte. It depends on nothing but the event and the salt: not on settings, on the order of members, or on the
-- version of PostgreSQL.
create or replace function audit.leaf_lines(event audit.events, salt uuid) returns setof text
    language sql stable parallel safe security invoker
begin atomic
    select to_json(plain.name)::text || ' ' || plain.value || E'\n'
    from (values
        ('tenant_id', to_json(event.tenant_id)::text),
        ('id', to_json(event.id)::text),
        ('at', to_json(to_char(event.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text),
        ('transaction_id', event.transaction_id::text),
        ('action', to_json(event.action)::text),
        ('severity', to_json(event.severity)::text),
        ('table_name', to_json(event.table_name)::text),
        ('actor_kind', to_json(event.actor_kind)::text),
        ('actor_id', to_json(event.actor_id)::text),
        ('credential_id', to_json(event.credential_id)::text),
        ('impersonator_id', to_json(event.impersonator_id)::text),
        ('database_role', to_json(event.database_role)::text)
    ) as plain (name, value)
    where plain.value is not null
    union all
    select to_json(committed.name)::text || ' ' || audit.commitment(audit.field_salt(salt, committed.name), committed.value) || E'\n'
    from audit.committed_fields(event) as committed;
end;
grant execute on function audit.leaf_lines(audit.events, uuid) to rowhouse_definer;
comment on function audit.leaf_lines(audit.events, uuid) is
    'The lines of an event''s leaf (version 1 of the encoding): what may be of a person stands there as commitments only.';
