-- A claimed document could not be read. Its passages of before go on answering only if they are of this version: what was
-- replaced is not quoted for ever because its successor is broken.
--
-- failure: a closed word that its people are told, such as encrypted
-- again:   whether another attempt may do better, after 1, 4, 9 and 16 minutes
set local role rowhouse_definer;
create or replace function jobs.fail_document(
    tenant uuid, document uuid, attempt integer, failure text, again boolean default false
)
    returns boolean
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    mine app.documents;
begin
    select known.* into mine from app.documents as known
    where known.tenant_id = tenant and known.id = document and known.attempt = fail_document.attempt
        and (known.status = 'processing' or known.due_at <= now())
    for no key update;
    if not found then
        return false;
    end if;
    if again and mine.tries < 5 then
        update app.documents as known set status = 'queued', progress = 0,
            due_at = now() + make_interval(mins => mine.tries * mine.tries)
        where known.tenant_id = mine.tenant_id and known.id = mine.id;
    else
        delete from app.document_chunks as old
        where old.tenant_id = mine.tenant_id and old.document_id = mine.id and (not old.live or old.version <> mine.version);
        update app.documents as known set status = 'failed', failure = fail_document.failure, due_at = null
        where known.tenant_id = mine.tenant_id and known.id = mine.id;
    end if;
    return true;
end
$$;
grant execute on function jobs.fail_document(uuid, uuid, integer, text, boolean) to rowhouse_worker;
comment on function jobs.fail_document(uuid, uuid, integer, text, boolean) is
    'Notes why a claimed document could not be read, or has it tried again; returns whether the claim still held.';
reset role;
