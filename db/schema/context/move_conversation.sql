-- Shares a conversation of the caller's with a team of theirs or takes it back, puts it into the bin or takes it out of there,
-- with its messages: policies ask each row and look nowhere else. It holds the conversation, so that nothing is said in it
-- meanwhile that would be left behind. What is being answered in it is stopped with the bin, and follows it to a team.
--
-- act: share, with the team, null to take it back; discard; restore, within thirty days
-- Raises RH403 chat, RH404.
set local role rowhouse_definer;
create or replace function context.move_conversation(conversation uuid, act text, team uuid default null) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tenant constant uuid := context.tenant_requiring('chat');
    own    constant uuid[] := coalesce(context.teams('chat'), '{}');
    mine   app.conversations;
begin
    select * into mine from app.conversations as known
    where known.tenant_id = tenant and known.id = conversation and known.user_id = context.user_id()
        and (known.team_id is null or known.team_id = any (own))
        and case act when 'restore' then known.deleted_at > now() - interval '30 days' else known.deleted_at is null end
    for no key update;
    if not found then
        perform context.refuse_missing('conversation');
    end if;
    if act = 'share' and team <> all (own) then
        perform context.refuse_missing('team');
    end if;
    update app.conversations as known set
        team_id = case act when 'share' then team else known.team_id end,
        deleted_at = case act when 'discard' then now() when 'restore' then null else known.deleted_at end
    where known.tenant_id = tenant and known.id = conversation
    returning known.* into mine;
    update app.messages as said set team_id = mine.team_id, deleted_at = mine.deleted_at
    where said.tenant_id = tenant and said.conversation_id = conversation;
    update auth.turns as asked set
        team_id = mine.team_id,
        stop_asked_at = case act when 'discard' then coalesce(asked.stop_asked_at, now()) else asked.stop_asked_at end
    where asked.tenant_id = tenant and asked.conversation_id = conversation and asked.settled_at is null;
end
$$;
grant execute on function context.move_conversation(uuid, text, uuid) to rowhouse_app;
comment on function context.move_conversation(uuid, text, uuid) is
    'Shares, discards or restores a conversation of the caller''s, with its messages. Raises RH403, RH404.';
reset role;
