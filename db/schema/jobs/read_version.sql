-- A piece of a version whose bytes are in the database, for whoever moves them. Null after the last one.
set local role rowhouse_definer;
create or replace function jobs.read_version(tenant uuid, version uuid, piece integer) returns bytea
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select part.content
    from app.document_versions as kept
    join app.document_contents as part
        on part.tenant_id = kept.tenant_id and part.document_id = kept.document_id and part.version = kept.version
    where kept.tenant_id = read_version.tenant and kept.id = read_version.version and part.piece = read_version.piece
$$;
grant execute on function jobs.read_version(uuid, uuid, integer) to rowhouse_worker;
comment on function jobs.read_version(uuid, uuid, integer) is
    'A piece of a version''s bytes that are in the database, counted from 1; null after the last.';
reset role;
