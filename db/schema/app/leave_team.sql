create or replace function app.leave_team(team_id uuid) returns app.team_members
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    select * from context.leave_team(leave_team.team_id)
$$;
grant execute on function app.leave_team(uuid) to rowhouse_app;
comment on function app.leave_team(uuid) is
    'Takes the caller out of a team: from the next request on they read nothing of it. Its last lead may go as well.';
