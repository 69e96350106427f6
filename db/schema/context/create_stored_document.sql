-- As app.create_document(), of bytes that are in the object storage. For the server, which put them there: no part of the API.
create or replace function context.create_stored_document(
    title text, media_type text, object text, size_bytes integer, sha256 text, file_name text default null,
    visibility text default 'private', team_id uuid default null, tags text[] default '{}', language text default null
)
    returns app.documents
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    made app.documents;
begin
    insert into app.documents (title, media_type, file_name, visibility, team_id, tags, language)
    values (create_stored_document.title, create_stored_document.media_type, create_stored_document.file_name,
        create_stored_document.visibility, create_stored_document.team_id, coalesce(create_stored_document.tags, '{}'),
        create_stored_document.language)
    returning id into made.id;
    perform context.keep_stored_version(made.id, create_stored_document.object, create_stored_document.size_bytes,
        create_stored_document.sha256, create_stored_document.media_type, create_stored_document.file_name);
    select known.* into made from app.documents as known where known.id = made.id;
    return made;
end
$$;
grant execute on function context.create_stored_document(text, text, text, integer, text, text, text, uuid, text[], text) to rowhouse_app;
comment on function context.create_stored_document(text, text, text, integer, text, text, text, uuid, text[], text) is
    'Keeps a document whose bytes were uploaded to the object storage, and has it read. Raises RH403, RH404, RH480.';
