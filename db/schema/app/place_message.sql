-- A message belongs to the team of its conversation. Before the row, so that its policy asks about the team too; a
-- conversation that is not the caller's is not found here, and then refused by the foreign key.
set local role rowhouse_definer;
create or replace function app.place_message() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    if context.tenant_id() = new.tenant_id then
        select conversation.team_id into new.team_id from app.conversations as conversation
        where conversation.tenant_id = new.tenant_id and conversation.id = new.conversation_id;
    end if;
    return new;
end
$$;
grant execute on function app.place_message() to rowhouse_owner;
comment on function app.place_message() is 'Trigger: a message belongs to the team of its conversation.';
reset role;

create or replace trigger place_message before insert on app.messages
    for each row execute function app.place_message();
