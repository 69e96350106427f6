-- How many bytes a tenant's documents have, earlier versions among them.
set local role rowhouse_definer;
create or replace function context.storage_in_use(tenant uuid) returns bigint
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select coalesce(sum(part.size_bytes), 0)::bigint from app.document_versions as part where part.tenant_id = tenant
$$;
comment on function context.storage_in_use(uuid) is 'How many bytes the documents of a tenant have, with their earlier versions.';
reset role;
