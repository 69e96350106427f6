-- Rows of the trail that belong to no tenant carry the nil UUID (RFC 9562 section 5.9).
create or replace function audit.platform() returns uuid
    language sql immutable parallel safe security invoker
    return '00000000-0000-0000-0000-000000000000'::uuid;
grant execute on function audit.platform() to rowhouse_definer, rowhouse_auditor;
comment on function audit.platform() is 'The tenant_id of events that belong to no tenant: the nil UUID.';
