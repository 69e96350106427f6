-- The bytes of a version, in pieces of one MiB, so that no answer holds a whole file.
set local role rowhouse_definer;
create or replace function context.keep_pieces(kept app.document_versions, content bytea) returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    insert into app.document_contents (tenant_id, document_id, version, piece, content, visibility, user_id)
    select kept.tenant_id, kept.document_id, kept.version, number, substring(content from (number - 1) * 1048576 + 1 for 1048576),
        kept.visibility, kept.user_id
    from generate_series(1, (octet_length(content) + 1048575) / 1048576) as number
$$;
comment on function context.keep_pieces(app.document_versions, bytea) is 'Keeps the bytes of a version in the database.';
reset role;
