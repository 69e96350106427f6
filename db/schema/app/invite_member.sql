create or replace function app.invite_member(
    email text, role_id uuid, days integer default 7, team_ids uuid[] default '{}', led_team_ids uuid[] default '{}'
) returns app.invitations
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    select * from context.invite_member(
        invite_member.email, invite_member.role_id, coalesce(invite_member.days, 7),
        coalesce(invite_member.team_ids, '{}'), coalesce(invite_member.led_team_ids, '{}'))
$$;
grant execute on function app.invite_member(text, uuid, integer, uuid[], uuid[]) to rowhouse_app;
comment on function app.invite_member(text, uuid, integer, uuid[], uuid[]) is
    'Invites somebody by mail to join the tenant with a role that holds no more than the caller does, and teams that the caller could bring them into; good for seven days, or as many as are said, thirty at most.';
