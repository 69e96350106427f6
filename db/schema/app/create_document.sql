create or replace function app.create_document(
    title text, media_type text, content bytea, file_name text default null, visibility text default 'private',
    team_id uuid default null, tags text[] default '{}', language text default null
)
    returns app.documents
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    made app.documents;
begin
    insert into app.documents (title, media_type, file_name, visibility, team_id, tags, language)
    values (create_document.title, create_document.media_type, create_document.file_name, create_document.visibility,
        create_document.team_id, coalesce(create_document.tags, '{}'), create_document.language)
    returning id into made.id;
    perform context.keep_version(made.id, create_document.content, create_document.media_type, create_document.file_name);
    select known.* into made from app.documents as known where known.id = made.id;
    return made;
end
$$;
grant execute on function app.create_document(text, text, bytea, text, text, uuid, text[], text) to rowhouse_app;
comment on function app.create_document(text, text, bytea, text, text, uuid, text[], text) is
    'Keeps a document and has it read: private to the caller, for a team of theirs or, with manage_documents, for the company.';
