-- A message belongs to the team of its conversation, and follows a message of it. Before the row, so that its policy asks
-- about the team too; a conversation that is not the caller's is not found here, and then refused by the foreign key. A
-- parent is looked for among the caller's own messages only, so that nobody learns here what is in another's conversation.
-- It holds the conversation, which may be on its way to another team or into the bin.
set local role rowhouse_definer;
create or replace function app.place_message() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    if context.tenant_id() = new.tenant_id then
        select conversation.team_id, conversation.deleted_at into new.team_id, new.deleted_at
        from app.conversations as conversation
        where conversation.tenant_id = new.tenant_id and conversation.id = new.conversation_id
        for no key update;
        if new.deleted_at is not null then
            perform context.refuse_missing('conversation');
        end if;
        if new.parent_id is not null and not exists (
            select from app.messages as parent
            where parent.tenant_id = new.tenant_id and parent.conversation_id = new.conversation_id
                and parent.id = new.parent_id and parent.user_id = context.user_id()
        ) then
            perform context.refuse_parent();
        end if;
    end if;
    return new;
end
$$;
grant execute on function app.place_message() to rowhouse_owner;
comment on function app.place_message() is
    'Trigger: a message belongs to the team of its conversation, and follows a message of it (RH404, RH430).';
reset role;

create or replace trigger place_message before insert on app.messages
    for each row execute function app.place_message();
