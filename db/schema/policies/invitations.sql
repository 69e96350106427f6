select context.close_table('app.invitations');

grant select (tenant_id, id, email, role_id, invited_by, status, times_sent, sent_at, expires_at, accepted_by, created_at, updated_at) on app.invitations to rowhouse_app;

create policy "nothing crosses the wall" on app.invitations
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.invitations is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "managers of users see whom the tenant invited" on app.invitations
    for select to rowhouse_app
    using (tenant_id = (select context.tenant_where('manage_users')));
comment on policy "managers of users see whom the tenant invited" on app.invitations is
    'The address of somebody who is no colleague yet is nothing for colleagues. Nobody writes here but inviteMember, resendInvitation and revokeInvitation, because each of them does several things at once.';

-- The definer's reach: what those three do, and what becomes of an invitation.
grant select, insert, update, delete on app.invitations to rowhouse_definer;
create policy "invitations are made, accepted and forgotten" on app.invitations
    for all to rowhouse_definer using (true) with check (true);
comment on policy "invitations are made, accepted and forgotten" on app.invitations is
    'context.invite_member() and its like, for the caller''s own tenant; auth.accept_invitation(); jobs.expire_mail() forgets what is long over.';
