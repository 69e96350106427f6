-- Inlined by the planner (so no `set`): the comparison with the caller is then an index condition.
create or replace function app.discarded_conversations() returns setof app.conversations
    language sql stable parallel restricted security invoker
begin atomic
    select * from app.conversations
    where tenant_id = (select context.tenant_id()) and user_id = (select context.user_id()) and deleted_at is not null;
end;
grant execute on function app.discarded_conversations() to rowhouse_app;
comment on function app.discarded_conversations() is
    'The caller''s own conversations that are in the bin.';
