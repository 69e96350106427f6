-- A piece of what a claimed document says. Null after the last one, and where the claim is over.
set local role rowhouse_definer;
create or replace function jobs.read_document(tenant uuid, document uuid, attempt integer, piece integer) returns bytea
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select part.content
    from app.documents as known
    join app.document_contents as part
        on part.tenant_id = known.tenant_id and part.document_id = known.id and part.version = known.version
    where known.tenant_id = tenant and known.id = document and known.attempt = read_document.attempt
        and known.status = 'processing' and part.piece = read_document.piece
$$;
grant execute on function jobs.read_document(uuid, uuid, integer, integer) to rowhouse_worker;
comment on function jobs.read_document(uuid, uuid, integer, integer) is
    'A piece of a claimed document''s bytes, counted from 1; null after the last.';
reset role;
