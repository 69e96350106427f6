-- Whoever is removed from a company leaves its teams and loses what they were granted for a time, so that it does not wait for
-- them to come back. Nothing comes between: guard_team_member and guard_grant hold the membership while they look at it; once
-- more if they do come back, for what the operator put there.
set local role rowhouse_definer;
create or replace function app.end_powers() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    delete from app.team_members as place where place.tenant_id = new.tenant_id and place.user_id = new.user_id;
    delete from app.grants as given where given.tenant_id = new.tenant_id and given.user_id = new.user_id;
    return null;
end
$$;
grant execute on function app.end_powers() to rowhouse_owner;
comment on function app.end_powers() is 'Trigger: who is removed from a company leaves its teams, and their grants end.';
reset role;

create or replace trigger end_powers after update of status on app.memberships
    for each row when (new.status <> old.status and 'removed' in (new.status, old.status))
    execute function app.end_powers();
