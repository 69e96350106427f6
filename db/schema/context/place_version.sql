-- The next version of a document that the caller may change: its row, and that it waits to be read. Where its bytes are, whoever
-- calls this says.
--
-- object: where they are in the object storage; null: in app.document_contents
set local role rowhouse_definer;
create or replace function context.place_version(
    document uuid, size_bytes integer, sha256 text, media_type text, file_name text, object text
)
    returns app.document_versions
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    mine app.documents := context.document_to_change(document);
    made app.document_versions;
begin
    insert into app.document_versions (
        tenant_id, document_id, version, created_by, file_name, media_type, size_bytes, sha256, object_key, visibility, user_id
    ) values (
        mine.tenant_id, mine.id, mine.version + 1, context.user_id(), place_version.file_name, place_version.media_type,
        place_version.size_bytes, place_version.sha256, place_version.object, mine.visibility, mine.user_id
    )
    returning * into made;
    update app.documents as known set
        version = made.version, size_bytes = made.size_bytes, sha256 = made.sha256,
        media_type = made.media_type, file_name = made.file_name,
        status = 'queued', failure = null, progress = 0, tries = 0, due_at = now()
    where known.tenant_id = mine.tenant_id and known.id = mine.id;
    return made;
end
$$;
comment on function context.place_version(uuid, integer, text, text, text, text) is
    'The row of a document''s next version, which the caller may make, and that it waits to be read. Raises RH403, RH404, RH480.';
reset role;
