create or replace function app.search_members(
    search text, status text default null, role_id uuid default null, team_id uuid default null
) returns setof app.memberships
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select membership.* from app.memberships as membership
    where membership.id = any (context.find_members(
        search_members.search, search_members.status, search_members.role_id, search_members.team_id
    ))
    order by membership.id
$$;
grant execute on function app.search_members(text, text, uuid, uuid) to rowhouse_app;
comment on function app.search_members(text, text, uuid, uuid) is
    'Up to a hundred members whose name holds the text; for who manages users also those whose e-mail address does. Where it is said, of one status, one role, one team.';
