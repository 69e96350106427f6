-- Whether a caller may read a passage, from what the seal says of them: the same rule as the policies of app.document_chunks, which
-- ask each passage again before anybody sees it. Inlined by the planner (so no `set`), for the functions that find, which
-- pass what they took from the context; nobody else may call it.
--
-- readable: whether the caller holds read_documents;  teams: their teams, null without it;  private: whether they hold chat
set local role rowhouse_definer;
create or replace function context.reaches(
    visibility text, team uuid, owner uuid, me uuid, readable boolean, teams uuid[], private boolean
)
    returns boolean
    language sql immutable parallel safe security invoker
    return visibility = 'tenant' and readable
        or visibility = 'team' and team = any (teams)
        or visibility = 'private' and owner = me and private;
comment on function context.reaches(text, uuid, uuid, uuid, boolean, uuid[], boolean) is
    'Whether somebody with these teams and permissions may read a passage of this visibility, team and user.';
reset role;
