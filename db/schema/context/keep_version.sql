-- Keeps what a document says now, as its next version, and has it read. Size and hash are taken here, of what is really there.
set local role rowhouse_definer;
create or replace function context.keep_version(document uuid, content bytea, media_type text, file_name text)
    returns uuid
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    made constant app.document_versions := context.place_version(
        document, octet_length(content), encode(sha256(content), 'hex'), media_type, file_name, null);
begin
    perform context.keep_pieces(made, content);
    return made.document_id;
end
$$;
grant execute on function context.keep_version(uuid, bytea, text, text) to rowhouse_app;
comment on function context.keep_version(uuid, bytea, text, text) is
    'Keeps the next version of a document that the caller may change, and has it read. Raises RH403, RH404, RH480.';
reset role;
