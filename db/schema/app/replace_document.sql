create or replace function app.replace_document(id uuid, content bytea, media_type text, file_name text default null)
    returns app.documents
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    kept constant uuid := context.keep_version(replace_document.id, replace_document.content, replace_document.media_type, replace_document.file_name);
    made app.documents;
begin
    select known.* into made from app.documents as known where known.id = kept;
    return made;
end
$$;
grant execute on function app.replace_document(uuid, bytea, text, text) to rowhouse_app;
comment on function app.replace_document(uuid, bytea, text, text) is
    'Gives a document a new version and has it read; until that is done, the one before answers.';
