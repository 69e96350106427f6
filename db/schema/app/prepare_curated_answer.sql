-- A curated answer is compared by what its question comes down to, and rests on its documents as they are when it is written: whoever writes it
-- reads them, and so does everybody whom it is for. Each change by a person takes the versions anew, for they have just said that it holds.
-- What it is made from, if it corrects somebody's answer, takes view_all_chats, unless that was the caller's own.
--
-- An archive that comes in brings the versions along.
set local role rowhouse_definer;
create or replace function app.prepare_curated_answer() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tenant constant uuid := context.tenant_id();
    me     constant uuid := context.user_id();
    narrow uuid;
begin
    new.stems := context.stems(new.question, new.language);
    if new.stems is null then
        raise exception using
            errcode = 'RH400',
            message = 'a question has a word that is no mere filling',
            column = 'question',
            constraint = 'curated_answers_stems';
    end if;
    if not context.is_caller() then
        return new;
    end if;
    new.user_id := case when context.member_tenant() is not null then me end;

    if new.message_id is not null and (tg_op = 'INSERT' or new.message_id is distinct from old.message_id) then
        if not exists (
            select from app.messages as said
            where said.tenant_id = tenant and said.id = new.message_id and said.user_id = me
                and said.role = 'assistant' and said.deleted_at is null
        ) then
            if not context.may('view_all_chats') then
                perform context.refuse('view_all_chats');
            end if;
            if not exists (
                select from app.messages as said
                where said.tenant_id = tenant and said.id = new.message_id and said.role = 'assistant' and said.deleted_at is null
            ) then
                perform context.refuse_missing('message');
            end if;
        end if;
    end if;

    new.document_versions := array(
        select document.version
        from unnest(new.document_ids) with ordinality as source (id, place)
        join app.documents as document on document.tenant_id = tenant and document.id = source.id
        where context.reaches(document.visibility, document.team_id, document.user_id, me,
            context.may('read_documents'), context.teams('read_documents'), true)
        order by source.place
    );
    if cardinality(new.document_versions) <> cardinality(new.document_ids) then
        perform context.refuse_missing('document');
    end if;
    select document.id into narrow
    from app.documents as document
    where document.tenant_id = tenant and document.id = any (new.document_ids)
        and document.visibility <> 'tenant' and (document.visibility <> 'team' or document.team_id is distinct from new.team_id)
    limit 1;
    if found then
        raise exception using
            errcode = 'RH400',
            message = 'an answer rests on documents that everybody reads whom it is for',
            column = 'document_ids',
            constraint = 'curated_answers_sources',
            hint = 'Give the answer to the team that reads the document, or show the document to everybody.';
    end if;
    return new;
end
$$;
grant execute on function app.prepare_curated_answer() to rowhouse_owner;
comment on function app.prepare_curated_answer() is
    'Trigger: a curated answer has the stems of its question and the versions of its documents; RH400, RH403 view_all_chats and RH404 for what it may not rest on.';
reset role;

create or replace trigger prepare_curated_answer before insert or update of question, answer, language, team_id, document_ids, message_id
    on app.curated_answers
    for each row execute function app.prepare_curated_answer();
