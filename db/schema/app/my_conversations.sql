-- Inlined by the planner (so no `set`): the comparison with the caller is then an index condition on
-- (tenant_id, user_id, id), which the policy's own `or` could not be.
create or replace function app.my_conversations() returns setof app.conversations
    language sql stable parallel restricted security invoker
begin atomic
    select * from app.conversations
    where tenant_id = (select context.tenant_id()) and user_id = (select context.user_id()) and deleted_at is null;
end;
grant execute on function app.my_conversations() to rowhouse_app;
comment on function app.my_conversations() is
    'The caller''s own conversations; for administrators too, who see everybody''s under conversations.';
