-- What is left of an event from which something was erased: {"salts", "commitments"} by field.
set local role rowhouse_definer;
create or replace function audit.erased_of(tenant uuid, event uuid) returns jsonb
    language sql stable parallel safe security definer
    set search_path = ''
as $$
    select jsonb_build_object(
        'salts', coalesce(jsonb_object_agg(field.field, field.salt) filter (where field.salt is not null), '{}'),
        'commitments', coalesce(jsonb_object_agg(field.field, field.commitment) filter (where field.salt is null), '{}'))
    from audit.commitments as field
    where field.tenant_id = tenant and field.event_id = event
$$;
comment on function audit.erased_of(uuid, uuid) is
    'What is left of an event from which something was erased, for those who tell leaves: salts and commitments by field.';
reset role;
