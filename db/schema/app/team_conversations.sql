-- Inlined by the planner (so no `set`): the comparison with the team is then an index condition.
create or replace function app.team_conversations(team_id uuid) returns setof app.conversations
    language sql stable parallel restricted security invoker
begin atomic
    select * from app.conversations as conversation
    where conversation.tenant_id = (select context.tenant_id()) and conversation.team_id = team_conversations.team_id
        and conversation.deleted_at is null;
end;
grant execute on function app.team_conversations(uuid) to rowhouse_app;
comment on function app.team_conversations(uuid) is
    'The conversations of a team: for who is in it, and for administrators.';
