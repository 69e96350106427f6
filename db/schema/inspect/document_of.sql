-- The document of a passage that still stands. A passage that was drawn anew has another key; answers keep their document's too.
set local role rowhouse_definer;
create or replace function inspect.document_of(tenant uuid, passage uuid) returns uuid
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select chunk.document_id from app.document_chunks as chunk where chunk.tenant_id = tenant and chunk.id = passage
$$;
grant execute on function inspect.document_of(uuid, uuid) to rowhouse_auditor, rowhouse_owner;
comment on function inspect.document_of(uuid, uuid) is 'The key of the document that a passage is of; null where it was drawn anew.';
reset role;
