-- The next version whose bytes are not where they are to be, in the order of tenants and versions, and how many there are from it
-- on. Whoever moves them is done when there is none; broken off and asked again, it begins with what is left.
--
-- stored: whether they are to be in the object storage
-- after_tenant, after_version: what could not be moved, and is passed over in this run
set local role rowhouse_definer;
create or replace function jobs.version_to_move(
    stored boolean, after_tenant uuid default '00000000-0000-0000-0000-000000000000',
    after_version uuid default '00000000-0000-0000-0000-000000000000'
)
    returns table (tenant uuid, id uuid, object_key text, size_bytes integer, sha256 text, remaining bigint)
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select kept.tenant_id, kept.id, kept.object_key, kept.size_bytes, kept.sha256, count(*) over ()
    from app.document_versions as kept
    where (kept.object_key is not null) <> stored and (kept.tenant_id, kept.id) > (after_tenant, after_version)
    order by kept.tenant_id, kept.id
    limit 1
$$;
grant execute on function jobs.version_to_move(boolean, uuid, uuid) to rowhouse_worker;
comment on function jobs.version_to_move(boolean, uuid, uuid) is
    'The next version whose bytes are not where they are to be, and how many there are; no row where all are there.';
reset role;
