create or replace function app.discard_conversation(id uuid) returns app.conversations
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    moved app.conversations;
begin
    perform context.move_conversation(discard_conversation.id, 'discard');
    select * into moved from app.conversations as known where known.id = discard_conversation.id;
    return moved;
end
$$;
grant execute on function app.discard_conversation(uuid) to rowhouse_app;
comment on function app.discard_conversation(uuid) is
    'Puts a conversation of the caller''s into the bin: nobody else sees it any more, and after thirty days it is gone.';
