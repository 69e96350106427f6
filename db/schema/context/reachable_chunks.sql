-- The passages that a caller may read (context.reaches). Inlined by the planner, so no `set`; nobody but who finds may call it.
--
-- among:    documents that were asked for; null for all
set local role rowhouse_definer;
create or replace function context.reachable_chunks(
    tenant uuid, me uuid, readable boolean, teams uuid[], private boolean, among uuid[]
)
    returns setof app.document_chunks
    language sql stable parallel restricted security invoker
begin atomic
    select * from app.document_chunks as chunk
    where chunk.tenant_id = tenant and chunk.live
        and context.reaches(chunk.visibility, chunk.team_id, chunk.user_id, me, readable, teams, private)
        and (among is null or chunk.document_id = any (among));
end;
comment on function context.reachable_chunks(uuid, uuid, boolean, uuid[], boolean, uuid[]) is
    'The passages of a tenant that somebody with these teams and permissions may read, of some documents or of all.';
reset role;
