-- Keeps what a document says now, as its next version, and has it read. Size and hash are taken here, of what is really there.
set local role rowhouse_definer;
create or replace function context.keep_version(document uuid, content bytea, media_type text, file_name text)
    returns uuid
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    piece constant integer := 1048576;
    mine  app.documents := context.document_to_change(document);
begin
    mine.version := mine.version + 1;
    insert into app.document_versions (tenant_id, document_id, version, created_by, file_name, media_type, size_bytes, sha256, visibility, user_id)
    values (mine.tenant_id, mine.id, mine.version, context.user_id(), keep_version.file_name, keep_version.media_type,
        octet_length(content), encode(sha256(content), 'hex'), mine.visibility, mine.user_id);
    insert into app.document_contents (tenant_id, document_id, version, piece, content, visibility, user_id)
    select mine.tenant_id, mine.id, mine.version, number, substring(content from (number - 1) * piece + 1 for piece), mine.visibility, mine.user_id
    from generate_series(1, (octet_length(content) + piece - 1) / piece) as number;
    update app.documents as known set
        version = mine.version, size_bytes = octet_length(content), sha256 = encode(sha256(content), 'hex'),
        media_type = keep_version.media_type, file_name = keep_version.file_name,
        status = 'queued', failure = null, progress = 0, tries = 0, due_at = now()
    where known.tenant_id = mine.tenant_id and known.id = mine.id;
    return mine.id;
end
$$;
grant execute on function context.keep_version(uuid, bytea, text, text) to rowhouse_app;
comment on function context.keep_version(uuid, bytea, text, text) is
    'Keeps the next version of a document that the caller may change, and has it read. Raises RH403, RH404, RH480.';
reset role;
