select context.close_table('app.grants');

grant select (tenant_id, id, user_id, permission, reason, granted_by, created_at, ends_at) on app.grants to rowhouse_app;
grant insert (user_id, permission, reason, ends_at) on app.grants to rowhouse_app;
grant delete on app.grants to rowhouse_app;

create policy "nothing crosses the wall" on app.grants
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.grants is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "people see their own grants, managers of users every one" on app.grants
    for select to rowhouse_app
    using (
        user_id = (select context.user_id())
        or tenant_id = (select context.tenant_where('manage_users'))
    );
comment on policy "people see their own grants, managers of users every one" on app.grants is
    'Who has something for a time should know until when, and why; and managers give them and end them.';

create policy "managers of users grant what they hold" on app.grants
    for insert to rowhouse_app
    with check (
        tenant_id = (select context.tenant_requiring('manage_users'))
        and granted_by = (select context.user_id())
    );
comment on policy "managers of users grant what they hold" on app.grants is
    'In their own name. What they may give, the trigger guard_grant says. A grant never changes: another is given, or it is ended.';

create policy "managers of users end grants of what they hold" on app.grants
    for delete to rowhouse_app
    using (
        tenant_id = (select context.tenant_requiring('manage_users'))
        and tenant_id = (select context.tenant_holding(array[permission]))
    );
comment on policy "managers of users end grants of what they hold" on app.grants is
    'Whoever gave it. Nobody touches somebody who holds more, as with roles; from the next transaction on it is gone.';

-- The definer's reach: the door, whoever is removed, and tidying.
grant select, delete on app.grants to rowhouse_definer;
create policy "the door reads every grant" on app.grants
    for select to rowhouse_definer using (true);
comment on policy "the door reads every grant" on app.grants is
    'context.enter() takes them from here, afresh each time, and asks the clock; context.holders_of() and context.permissions_of() explain by them.';
create policy "grants end with their time, or with who has them" on app.grants
    for delete to rowhouse_definer using (true);
comment on policy "grants end with their time, or with who has them" on app.grants is
    'jobs.expire_grants() removes what has ended, app.end_powers() what somebody who is removed still had.';
