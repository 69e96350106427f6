select context.close_table('app.teams');

grant select (tenant_id, id, name, description, created_at, updated_at) on app.teams to rowhouse_app;
grant insert (name, description) on app.teams to rowhouse_app;
grant update (name, description) on app.teams to rowhouse_app;
grant delete on app.teams to rowhouse_app;

create policy "nothing crosses the wall" on app.teams
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.teams is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "members see the teams of their tenant" on app.teams
    for select to rowhouse_app
    using (tenant_id = (select context.member_tenant()));
comment on policy "members see the teams of their tenant" on app.teams is
    'Which teams there are is no secret among colleagues; what belongs to one is.';

create policy "managers of teams add teams" on app.teams
    for insert to rowhouse_app
    with check (tenant_id = (select context.tenant_requiring('manage_teams')));
comment on policy "managers of teams add teams" on app.teams is
    'They begin empty: nobody reads more by it.';

create policy "managers of teams, and those who lead one, change it" on app.teams
    for update to rowhouse_app
    using (
        tenant_id = (select context.tenant_id())
        and case
            when id = any ((select context.led_teams())::uuid[]) then true
            else tenant_id = (select context.tenant_requiring('manage_teams'))
        end
    )
    with check (
        tenant_id = (select context.tenant_id())
        and case
            when id = any ((select context.led_teams())::uuid[]) then true
            else tenant_id = (select context.tenant_requiring('manage_teams'))
        end
    );
comment on policy "managers of teams, and those who lead one, change it" on app.teams is
    'Name and description. A case, so that a missing permission is named.';

create policy "managers of teams remove teams" on app.teams
    for delete to rowhouse_app
    using (tenant_id = (select context.tenant_requiring('manage_teams')));
comment on policy "managers of teams remove teams" on app.teams is
    'Its members leave with it; its conversations go back to who began them.';

-- The definer's reach: an export, the desk, and the erasure of a tenant.
grant select on app.teams to rowhouse_definer;
create policy "people take the names of their teams with them" on app.teams
    for select to rowhouse_definer using (true);
comment on policy "people take the names of their teams with them" on app.teams is
    'auth.export_account() names the teams that somebody is in; inspect.why() explains the one row that an auditor asks about; jobs.erase_tenant() has to find what it deletes; audit.list_people() and audit.list_invitations() name them in an access review.';
