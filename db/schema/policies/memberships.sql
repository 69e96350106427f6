select context.close_table('app.memberships');

grant select (tenant_id, id, user_id, role_id, is_owner, status, display_name, avatar_url, created_at, updated_at) on app.memberships to rowhouse_app;
grant update (role_id, is_owner, status, display_name, avatar_url) on app.memberships to rowhouse_app;

create policy "nothing crosses the wall" on app.memberships
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.memberships is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "members see their colleagues" on app.memberships
    for select to rowhouse_app
    using (tenant_id = (select context.member_tenant()));
comment on policy "members see their colleagues" on app.memberships is
    'Name, picture, role and status: what a colleague should see, and a key that stands in a web page should not. The address is in app.users, which shows only oneself.';

create policy "members change themselves, managers of users everybody" on app.memberships
    for update to rowhouse_app
    using (
        tenant_id = (select context.tenant_id())
        and case
            when user_id = (select context.user_id()) then true
            else tenant_id = (select context.tenant_requiring('manage_users'))
        end
    )
    with check (
        tenant_id = (select context.tenant_id())
        and case
            when user_id = (select context.user_id()) then true
            else tenant_id = (select context.tenant_requiring('manage_users'))
        end
    );
comment on policy "members change themselves, managers of users everybody" on app.memberships is
    'Oneself: display name and picture; role, status and ownership want manage_users and stay within what the caller holds, says the trigger guard_membership. One policy with a case, so that a missing permission is named and not just nothing found. Members are never deleted, because what they did must keep its author.';

-- The definer's reach: the door, the first owner of a new tenant, and imports.
grant select, insert on app.memberships to rowhouse_definer;
create policy "the door reads every membership" on app.memberships
    for select to rowhouse_definer using (true);
comment on policy "the door reads every membership" on app.memberships is
    'context.enter() must see that a membership is active; app.keep_an_owner() looks for owners.';
create policy "registration creates the first owner, an import brings members" on app.memberships
    for insert to rowhouse_definer with check (true);
comment on policy "registration creates the first owner, an import brings members" on app.memberships is
    'auth.create_tenant(); and auth.import_people(), which only the operator''s connection may call, and which makes no owner. Everybody else comes by invitation.';
grant update (status, is_owner, display_name, avatar_url) on app.memberships to rowhouse_definer;
create policy "whoever is erased leaves a membership without a name" on app.memberships
    for update to rowhouse_definer
    using (user_id = (select context.user_id())) with check (user_id = (select context.user_id()));
comment on policy "whoever is erased leaves a membership without a name" on app.memberships is
    'jobs.delete_account(), which acts as the person whose account it erases, in all their companies.';
