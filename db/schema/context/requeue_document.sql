-- Has a document read once more: one that failed, or after the model of the embeddings changed.
set local role rowhouse_definer;
create or replace function context.requeue_document(document uuid) returns uuid
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    mine constant app.documents := context.document_to_change(document);
begin
    update app.documents as known set status = 'queued', failure = null, progress = 0, tries = 0, due_at = now()
    where known.tenant_id = mine.tenant_id and known.id = mine.id;
    perform audit.record_event('document.requeued', mine.tenant_id, jsonb_build_object('document_id', mine.id));
    return mine.id;
end
$$;
grant execute on function context.requeue_document(uuid) to rowhouse_app;
comment on function context.requeue_document(uuid) is
    'Has a document that the caller may change read once more. Raises RH403, RH404.';
reset role;
