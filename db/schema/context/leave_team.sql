-- Takes the caller out of a team. Needs no permission and no fresh sign-in: everybody may go, and takes nothing with them. A
-- key does not go for its owner. A team may be without a lead, as it is when it begins: managers of teams have each in hand.
set local role rowhouse_definer;
create or replace function context.leave_team(team_id uuid) returns app.team_members
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    place app.team_members;
begin
    perform context.require_session();
    delete from app.team_members as mine
    where mine.tenant_id = context.tenant_id() and mine.team_id = leave_team.team_id and mine.user_id = context.user_id()
    returning * into place;
    if not found then
        raise exception using errcode = 'RH404', message = 'you are in no such team';
    end if;
    return place;
end
$$;
grant execute on function context.leave_team(uuid) to rowhouse_app;
comment on function context.leave_team(uuid) is
    'Takes the caller out of a team that they are in. Raises RH403 for a key, RH404 for a team that they are not in.';
reset role;
