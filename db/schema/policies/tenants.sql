select context.close_table('app.tenants');

grant select on app.tenants to rowhouse_app;
grant update (name) on app.tenants to rowhouse_app;

create policy "nothing crosses the wall" on app.tenants
    as restrictive for all to rowhouse_app
    using (id = (select context.tenant_id()))
    with check (id = (select context.tenant_id()));
comment on policy "nothing crosses the wall" on app.tenants is
    'Whatever the policies below permit, they permit inside the caller''s tenant. Restrictive, so it stands before every query as one indexed equality.';

create policy "members see their own tenant" on app.tenants
    for select to rowhouse_app
    using (id = (select context.tenant_id()));
comment on policy "members see their own tenant" on app.tenants is
    'Whoever is signed in to a tenant may know its name. That other tenants exist is nobody''s business.';

create policy "managers of the tenant rename it" on app.tenants
    for update to rowhouse_app
    using (id = (select context.tenant_requiring('manage_tenant')))
    with check (id = (select context.tenant_requiring('manage_tenant')));
comment on policy "managers of the tenant rename it" on app.tenants is
    'Only the name. The slug is in links, and the status is the operator''s, so neither column is granted.';

-- The definer's reach: the door, sign-in and the lock on a tenant's owners.
grant select, insert on app.tenants to rowhouse_definer;
grant update (updated_at) on app.tenants to rowhouse_definer;
create policy "the door reads every tenant" on app.tenants
    for select to rowhouse_definer using (true);
comment on policy "the door reads every tenant" on app.tenants is
    'context.enter() must see that a tenant is active before there is a context; sign-in looks tenants up by slug.';
create policy "registration creates tenants" on app.tenants
    for insert to rowhouse_definer with check (true);
comment on policy "registration creates tenants" on app.tenants is
    'auth.create_tenant(), when the address of the first owner is verified.';
create policy "the owners check locks the tenant" on app.tenants
    for update to rowhouse_definer using (true) with check (false);
comment on policy "the owners check locks the tenant" on app.tenants is
    'app.keep_an_owner() locks the row, which PostgreSQL counts as an update; the check lets no update through.';
