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
    'Name, picture, role and status: what a colleague should see, and neither a guest should nor a key that stands in a web page. The address is in app.users, which shows only oneself.';

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
    'Oneself: display name and picture; role, status and ownership want manage_users and stay within what the caller holds, says the trigger guard_membership. One policy with a case, so that a missing permission is named and not just nothing found. Members are never deleted, because what they did must keep its author; guests are, with what they said, by jobs.expire_guests().';

-- The definer's reach: the door, the first owner of a new tenant, guests, imports, who joins, and whoever leaves for good.
grant select, insert, update (status, role_id, is_owner, display_name, avatar_url), delete on app.memberships to rowhouse_definer;
create policy "the door reads every membership" on app.memberships
    for select to rowhouse_definer using (true);
comment on policy "the door reads every membership" on app.memberships is
    'context.enter() must see that a membership is active; app.keep_an_owner() looks for owners.';
create policy "registration creates the first owner, others come as members" on app.memberships
    for insert to rowhouse_definer with check (true);
comment on policy "registration creates the first owner, others come as members" on app.memberships is
    'auth.create_tenant(); auth.open_guest(), for the person that context.act() names; auth.accept_invitation() and auth.join_tenant(); and auth.import_people(), which only the operator''s connection may call. Only the first makes an owner.';
create policy "who was removed is let back in, and whoever is erased loses the name" on app.memberships
    for update to rowhouse_definer
    using (true) with check (not is_owner or user_id = (select context.user_id()));
comment on policy "who was removed is let back in, and whoever is erased loses the name" on app.memberships is
    'auth.accept_invitation(), which also locks the inviter''s row, that nobody demotes them meanwhile; auth.verify_email(), when a guest gets an account; jobs.delete_account(), in all companies of whom it erases. Nobody becomes an owner by these.';
create policy "guests leave, and take their chats with them" on app.memberships
    for delete to rowhouse_definer using (not is_owner or tenant_id = (select context.tenant_in_erasure()));
comment on policy "guests leave, and take their chats with them" on app.memberships is
    'jobs.expire_guests(), just before it deletes the guest. Conversations, messages and preferences go by their foreign keys. And jobs.erase_tenant(), which leaves nobody.';
