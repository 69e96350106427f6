-- As app.replace_document(), of bytes that are in the object storage. For the server, which put them there: no part of the API.
create or replace function context.replace_stored_document(
    id uuid, object text, size_bytes integer, sha256 text, media_type text, file_name text default null
)
    returns app.documents
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    kept constant uuid := context.keep_stored_version(
        replace_stored_document.id, replace_stored_document.object, replace_stored_document.size_bytes,
        replace_stored_document.sha256, replace_stored_document.media_type, replace_stored_document.file_name);
    made app.documents;
begin
    select known.* into made from app.documents as known where known.id = kept;
    return made;
end
$$;
grant execute on function context.replace_stored_document(uuid, text, integer, text, text, text) to rowhouse_app;
comment on function context.replace_stored_document(uuid, text, integer, text, text, text) is
    'Gives a document a new version whose bytes were uploaded to the object storage, and has it read. Raises RH403, RH404, RH480.';
