select context.close_table('app.invitation_teams');

grant select (tenant_id, id, invitation_id, team_id, role, created_at) on app.invitation_teams to rowhouse_app;

create policy "nothing crosses the wall" on app.invitation_teams
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.invitation_teams is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "managers of users see into which teams somebody is invited" on app.invitation_teams
    for select to rowhouse_app
    using (tenant_id = (select context.tenant_where('manage_users')));
comment on policy "managers of users see into which teams somebody is invited" on app.invitation_teams is
    'Like the invitation that it is of. Nobody writes here but inviteMember; what it takes, context.require_teams() says.';

-- The definer's reach: what is promised, and what becomes of it.
grant select, insert, delete on app.invitation_teams to rowhouse_definer;
create policy "invitations promise teams, and keep the promise" on app.invitation_teams
    for all to rowhouse_definer using (true) with check (true);
comment on policy "invitations promise teams, and keep the promise" on app.invitation_teams is
    'context.invite_member() for the caller''s own tenant, context.resend_invitation() who asks again what it takes, auth.accept_invitation().';
