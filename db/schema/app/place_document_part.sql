-- Versions, contents and passages are read by whom their document is, from their first moment on.
set local role rowhouse_definer;
create or replace function app.place_document_part() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    select document.visibility, document.team_id, document.user_id into new.visibility, new.team_id, new.user_id
    from app.documents as document
    where document.tenant_id = new.tenant_id and document.id = new.document_id;
    return new;
end
$$;
grant execute on function app.place_document_part() to rowhouse_owner;
comment on function app.place_document_part() is
    'Trigger: a part of a document has its document''s visibility, team and user.';
reset role;

create or replace trigger place_document_part before insert on app.document_versions
    for each row execute function app.place_document_part();
create or replace trigger place_document_part before insert on app.document_contents
    for each row execute function app.place_document_part();
create or replace trigger place_document_part before insert on app.document_chunks
    for each row execute function app.place_document_part();
