-- A claimed document is read: its new passages answer from now on, and those of the attempt before are gone, at once.
-- Returns whether the claim still held; what an attempt brings that is over is thrown away.
--
-- embedding_model:   which model embedded all of its passages; null: none did
-- embedding_failure: why none did, where one was to; jobs.queue_outdated() has it tried again
set local role rowhouse_definer;
create or replace function jobs.finish_document(
    tenant uuid, document uuid, attempt integer, embedding_model text default null, embedding_failure text default null
)
    returns boolean
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    mine app.documents;
begin
    select * into mine from jobs.claimed_document(tenant, document, attempt);
    if not found then
        return false;
    end if;
    delete from app.document_chunks as old
    where old.tenant_id = mine.tenant_id and old.document_id = mine.id and old.attempt <> mine.attempt;
    update app.document_chunks as made set live = true
    where made.tenant_id = mine.tenant_id and made.document_id = mine.id;
    update app.documents as known set
        status = 'ready', progress = 100, due_at = null, tries = 0, indexed_at = now(),
        embedding_model = finish_document.embedding_model, embedding_failure = finish_document.embedding_failure
    where known.tenant_id = mine.tenant_id and known.id = mine.id;
    return true;
end
$$;
grant execute on function jobs.finish_document(uuid, uuid, integer, text, text) to rowhouse_worker;
comment on function jobs.finish_document(uuid, uuid, integer, text, text) is
    'Lets the passages of an attempt answer, in the place of those before; returns whether the claim still held.';
reset role;
