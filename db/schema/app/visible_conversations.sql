-- The conversations that the caller may see, so that a page costs a page: everybody's come newest first off an index on the
-- tenant, one's own off an index on tenant and user, and one plan must serve both kinds of caller. So the table is here
-- twice, and the last condition, which PostgreSQL answers before it reads a row, shuts one of the two. It cannot widen
-- anything: row security stands in both.
--
-- Inlined by the planner (so no `set`), which is how conditions, order and limit reach the indexes. `reader` makes the
-- user a constant in both halves; without that the order would not be the index's.
create or replace function app.visible_conversations() returns setof app.conversations
    language sql stable parallel restricted security invoker
begin atomic
    select tenant_id, id, user_id, title, status, created_at, updated_at, team_id, pinned_at, last_message_at, deleted_at
    from (
        select true as everybodys, (select context.user_id()) as reader, * from app.conversations
        union all
        select false, user_id, * from app.conversations
    ) as conversation
    where tenant_id = (select context.tenant_id()) and reader = (select context.user_id())
        and everybodys = (select context.may('view_all_chats')) and deleted_at is null;
end;
grant execute on function app.visible_conversations() to rowhouse_app;
comment on function app.visible_conversations() is
    'The conversations that the caller may see: everybody''s with view_all_chats, else their own. None of the bin.';
