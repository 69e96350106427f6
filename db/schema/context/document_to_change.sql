-- The document that the caller is about to change, locked: RH404 where they do not see it, RH403 where they may only read it.
-- The rule is that of the update policy of app.documents.
set local role rowhouse_definer;
create or replace function context.document_to_change(id uuid) returns app.documents
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tenant constant uuid := context.tenant_id();
    me     constant uuid := context.user_id();
    mine   app.documents;
begin
    select * into mine from app.documents as document
    where document.tenant_id = tenant and document.id = document_to_change.id
        and case document.visibility
            when 'tenant' then context.may('read_documents')
            when 'team' then document.team_id = any (context.teams('read_documents'))
            else document.user_id = me and context.may('chat')
        end
    for no key update;
    if not found then
        raise exception using errcode = 'RH404', message = 'there is no such document';
    end if;
    if mine.visibility = 'tenant' and not context.may('manage_documents')
        or mine.visibility = 'team' and mine.user_id <> me and not context.may('manage_documents') then
        perform context.refuse('manage_documents');
    end if;
    return mine;
end
$$;
comment on function context.document_to_change(uuid) is
    'Locks a document that the caller may change. Raises RH403, RH404.';
reset role;
