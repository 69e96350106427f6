create or replace function app.reindex_document(id uuid) returns app.documents
    language plpgsql volatile strict parallel unsafe security invoker
    set search_path = ''
as $$
declare
    waiting constant uuid := context.requeue_document(reindex_document.id);
    mine    app.documents;
begin
    select known.* into mine from app.documents as known where known.id = waiting;
    return mine;
end
$$;
grant execute on function app.reindex_document(uuid) to rowhouse_app;
comment on function app.reindex_document(uuid) is
    'Has a document read and indexed once more; until that is done, what was indexed before answers.';
