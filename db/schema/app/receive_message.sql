-- A message moves its conversation to the top, and is refused where there is nothing to read or nobody reads on.
--
-- After the row, because by then the policies and the foreign key have agreed that the conversation is the caller's: nobody
-- learns here whether another's is archived. The update takes the conversation's lock, so that archiving and writing take
-- turns. The assistant may finish an answer that was being written when its conversation was archived; the room that a turn
-- makes for its answer is no message yet.
set local role rowhouse_definer;
create or replace function app.receive_message() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    status text;
begin
    if new.status = 'streaming' then
        return null;
    end if;
    if app.is_blank(new.content) and new.parts = '[]' then
        raise exception using
            errcode = 'RH406',
            message = 'a message needs something to read',
            hint = 'Spaces and invisible characters alone are no message.';
    end if;
    update app.conversations as conversation set
        updated_at = now(), last_message_at = now(),
        title = case
            when conversation.title = '' and conversation.last_message_at is null and new.role = 'user' then app.title_of(new.content)
            else conversation.title
        end
    where conversation.tenant_id = new.tenant_id and conversation.id = new.conversation_id
    returning conversation.status into status;
    if status is null and context.is_caller() then
        perform context.refuse('broken_seal');
    end if;
    if status = 'archived' and new.role = 'user' then
        perform context.refuse_archived();
    end if;
    return null;
end
$$;
grant execute on function app.receive_message() to rowhouse_owner;
comment on function app.receive_message() is
    'Trigger: a message moves its conversation''s clocks, and a first one gives it a title; a blank one (RH406) and one into an archived conversation (RH410) are refused.';
reset role;

create or replace trigger receive_message after insert on app.messages
    for each row execute function app.receive_message();
