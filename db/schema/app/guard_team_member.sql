-- Into a team come members of the company: no guests, who are nobody's colleagues, and nobody who is not one any more. Nobody
-- is in more than a hundred teams: the door writes them all into the context of each of their requests.
--
-- Who comes into a team reads from then on what its people wrote there, and who leads it says who else does. So both are
-- given by somebody who proved lately who they are, as a role or a grant is; a key has its scope for a consent. To take
-- either away opens nothing and asks nothing: whoever sees the wrong person read along need not find their password first.
set local role rowhouse_definer;
create or replace function app.guard_team_member() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    place app.memberships;
begin
    if not context.is_caller() then
        return new;
    end if;
    if context.tenant_id() is distinct from new.tenant_id then
        perform context.refuse('broken_seal');
    end if;
    if tg_op = 'UPDATE' then
        if new.role = 'lead' and old.role <> 'lead' and context.kind_in(context.actor()) = 'session' then
            perform context.require_fresh_sign_in();
        end if;
        return new;
    end if;
    if not coalesce(new.team_id = any (context.led_teams()), false) and not context.may('manage_teams') then
        perform context.refuse('manage_teams');
    end if;
    place := context.lock_colleague(new.tenant_id, new.user_id);
    if place.status = 'removed' then
        raise exception using
            errcode = 'RH400',
            message = 'who was removed from the company comes into no team of it',
            column = 'user_id',
            constraint = 'team_members_present';
    end if;
    if (
        select count(*) from app.team_members as already
        where already.tenant_id = new.tenant_id and already.user_id = new.user_id
    ) >= 100 then
        raise exception using
            errcode = 'RH400',
            message = 'nobody is in more than a hundred teams',
            column = 'user_id',
            constraint = 'team_members_limit';
    end if;
    -- Last, so that nobody is asked for a password for what they may not do anyway.
    if context.kind_in(context.actor()) = 'session' then
        perform context.require_fresh_sign_in();
    end if;
    return new;
end
$$;
grant execute on function app.guard_team_member() to rowhouse_owner;
comment on function app.guard_team_member() is
    'Trigger: into a team come members who are not guests (RH403, account) nor removed, into a hundred teams at most (RH400), at the hands of who may (RH403) and signed in lately (RH440); so are leads made.';
reset role;

create or replace trigger guard_team_member before insert or update of role on app.team_members
    for each row execute function app.guard_team_member();
