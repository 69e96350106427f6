create or replace function app.restore_conversation(id uuid) returns app.conversations
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    moved app.conversations;
begin
    perform context.move_conversation(restore_conversation.id, 'restore');
    select * into moved from app.conversations as known where known.id = restore_conversation.id;
    return moved;
end
$$;
grant execute on function app.restore_conversation(uuid) to rowhouse_app;
comment on function app.restore_conversation(uuid) is
    'Takes a conversation of the caller''s out of the bin again, within thirty days.';
