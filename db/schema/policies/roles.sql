select context.close_table('app.roles');

grant select (tenant_id, id, name, description, permissions, built_in, created_at, updated_at) on app.roles to rowhouse_app;
grant insert (name, description, permissions) on app.roles to rowhouse_app;
grant update (name, description, permissions) on app.roles to rowhouse_app;
grant delete on app.roles to rowhouse_app;

create policy "nothing crosses the wall" on app.roles
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.roles is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "members see the roles of their tenant" on app.roles
    for select to rowhouse_app
    using (tenant_id = (select context.member_tenant()));
comment on policy "members see the roles of their tenant" on app.roles is
    'What a colleague''s role means is no secret among colleagues, of whom a guest is none, nor a key of the tenant''s own.';

create policy "managers of roles add roles" on app.roles
    for insert to rowhouse_app
    with check (tenant_id = (select context.tenant_requiring('manage_roles')) and not built_in);
comment on policy "managers of roles add roles" on app.roles is
    'Within what they hold themselves: the trigger check_role_permissions refuses more.';

create policy "managers of roles change roles they hold" on app.roles
    for update to rowhouse_app
    using (
        tenant_id = (select context.tenant_requiring('manage_roles'))
        and not built_in and tenant_id = (select context.tenant_holding(permissions))
    )
    with check (tenant_id = (select context.tenant_requiring('manage_roles')) and not built_in);
comment on policy "managers of roles change roles they hold" on app.roles is
    'The built-in four stay as documented. A role that holds more than the caller is out of their reach; the check leaves that to the trigger check_role_permissions, which names what is missing.';

create policy "managers of roles remove roles they hold" on app.roles
    for delete to rowhouse_app
    using (
        tenant_id = (select context.tenant_requiring('manage_roles'))
        and not built_in and tenant_id = (select context.tenant_holding(permissions))
    );
comment on policy "managers of roles remove roles they hold" on app.roles is
    'A role that somebody still has cannot be removed: the foreign key of app.memberships keeps it.';

-- The definer's reach: the door, and the roles a new tenant begins with.
grant select, insert on app.roles to rowhouse_definer;
create policy "the door reads every role" on app.roles
    for select to rowhouse_definer using (true);
comment on policy "the door reads every role" on app.roles is
    'context.enter() takes the permissions from here, afresh each time; app.guard_membership() compares roles.';
create policy "registration creates the built-in roles" on app.roles
    for insert to rowhouse_definer with check (built_in);
comment on policy "registration creates the built-in roles" on app.roles is
    'auth.create_tenant() makes admin, member, viewer and guest.';

-- The definer's reach: what the application adds to the catalogue.
grant update (permissions) on app.roles to rowhouse_definer;
create policy "built-in roles get the application's permissions" on app.roles
    for update to rowhouse_definer using (built_in) with check (built_in);
comment on policy "built-in roles get the application's permissions" on app.roles is
    'tenancy.permission(): nobody can grant what nobody holds, so the administrators of every tenant hold a new permission from the start.';
