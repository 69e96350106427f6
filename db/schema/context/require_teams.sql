-- Refuses to promise a team to somebody who is not in it yet, unless the caller could bring them in: they lead it, or hold
-- manage_teams by their role, because a promise outlasts what was given for a time (context.may_give). A team that there is not
-- in the caller's tenant is left to the foreign key, which says the same of one next door.
set local role rowhouse_definer;
create or replace function context.require_teams(team_ids uuid[]) returns void
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
begin
    if not team_ids <@ coalesce(context.led_teams(), '{}') and not context.may_give('manage_teams') then
        perform context.refuse('manage_teams');
    end if;
    if cardinality(team_ids) > 100 then
        raise exception using
            errcode = 'RH400',
            message = 'nobody is in more than a hundred teams',
            column = 'team_ids',
            constraint = 'team_members_limit';
    end if;
end
$$;
comment on function context.require_teams(uuid[]) is
    'Raises RH403 (manage_teams) unless the caller leads each of these teams or may give what manages all, and RH400 for more than a hundred.';
reset role;
