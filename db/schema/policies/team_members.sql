select context.close_table('app.team_members');

grant select (tenant_id, id, team_id, user_id, role, created_at, updated_at) on app.team_members to rowhouse_app;
grant insert (team_id, user_id, role) on app.team_members to rowhouse_app;
grant update (role) on app.team_members to rowhouse_app;
grant delete on app.team_members to rowhouse_app;

create policy "nothing crosses the wall" on app.team_members
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.team_members is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "members see who is in which team" on app.team_members
    for select to rowhouse_app
    using (tenant_id = (select context.member_tenant()));
comment on policy "members see who is in which team" on app.team_members is
    'Whoever writes to a team should see who reads it.';

create policy "leads bring people into their team, managers of teams into each" on app.team_members
    for insert to rowhouse_app
    with check (
        tenant_id = (select context.tenant_id())
        and case
            when team_id = any ((select context.led_teams())::uuid[]) then true
            else tenant_id = (select context.tenant_requiring('manage_teams'))
        end
    );
comment on policy "leads bring people into their team, managers of teams into each" on app.team_members is
    'Themselves too, who then read what the team has: that is what manage_teams means, and the trail tells of it. Whom, and how lately they signed in for it, the trigger guard_team_member says. A case, so that a missing permission is named.';

create policy "leads say who leads their team, managers of teams each" on app.team_members
    for update to rowhouse_app
    using (
        tenant_id = (select context.tenant_id())
        and case
            when team_id = any ((select context.led_teams())::uuid[]) then true
            else tenant_id = (select context.tenant_requiring('manage_teams'))
        end
    )
    with check (
        tenant_id = (select context.tenant_id())
        and case
            when team_id = any ((select context.led_teams())::uuid[]) then true
            else tenant_id = (select context.tenant_requiring('manage_teams'))
        end
    );
comment on policy "leads say who leads their team, managers of teams each" on app.team_members is
    'Only what somebody is in the team; nobody is moved from one to another.';

create policy "leads take people out of their team, managers of teams out of each" on app.team_members
    for delete to rowhouse_app
    using (
        tenant_id = (select context.tenant_id())
        and case
            when team_id = any ((select context.led_teams())::uuid[]) then true
            else tenant_id = (select context.tenant_requiring('manage_teams'))
        end
    );
comment on policy "leads take people out of their team, managers of teams out of each" on app.team_members is
    'From the next transaction on they read nothing of it.';

-- The definer's reach: the door, whoever leaves or is removed, and whoever comes by an invitation.
grant select, insert, delete on app.team_members to rowhouse_definer;
create policy "the door reads who is in which team" on app.team_members
    for select to rowhouse_definer using (true);
comment on policy "the door reads who is in which team" on app.team_members is
    'context.enter() takes the teams from here, afresh each time; app.guard_team_member() counts.';
create policy "whoever accepts an invitation comes into its teams" on app.team_members
    for insert to rowhouse_definer with check (true);
comment on policy "whoever accepts an invitation comes into its teams" on app.team_members is
    'auth.accept_invitation(), which asks whether the inviter may still promise them.';
create policy "whoever leaves or is removed is out of the team" on app.team_members
    for delete to rowhouse_definer using (true);
comment on policy "whoever leaves or is removed is out of the team" on app.team_members is
    'context.leave_team(), of the caller''s own; app.end_powers(), at the hands of whoever removes them; jobs.delete_account().';
