create or replace function app.share_conversation(id uuid, team_id uuid default null) returns app.conversations
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    moved app.conversations;
begin
    perform context.move_conversation(share_conversation.id, 'share', share_conversation.team_id);
    select * into moved from app.conversations as known where known.id = share_conversation.id;
    return moved;
end
$$;
grant execute on function app.share_conversation(uuid, uuid) to rowhouse_app;
comment on function app.share_conversation(uuid, uuid) is
    'Shares a conversation of the caller''s with a team of theirs; without a team takes it back.';
