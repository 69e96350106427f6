select context.close_table('app.tenants');

grant select (id, slug, name, status, requires_second_factor, created_at, updated_at, session_idle_minutes, session_lifetime_minutes, single_session, fingerprint, fingerprint_network, allows_guests, support_access, seats, brand_name, brand_color, accent_color, logo_url, language, sign_in_ways, key_limit, requests_per_minute, requests_per_day, deletion_grace_days, storage_limit, audit_retention_months, audit_retention_before, audit_retention_lowers_at) on app.tenants to rowhouse_app;
grant update (name, requires_second_factor, session_idle_minutes, session_lifetime_minutes, single_session, fingerprint, fingerprint_network, allows_guests, support_access, brand_name, brand_color, accent_color, logo_url, language, sign_in_ways, audit_retention_months) on app.tenants to rowhouse_app;

create policy "nothing crosses the wall" on app.tenants
    as restrictive for all to rowhouse_app
    using (id = (select context.tenant_id()) and id = (select context.unverified_tenant_id()))
    with check (id = (select context.tenant_id()) and id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.tenants is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "members see their own tenant" on app.tenants
    for select to rowhouse_app
    using (id = (select context.tenant_id()));
comment on policy "members see their own tenant" on app.tenants is
    'Whoever is signed in to a tenant may know its name. That other tenants exist is nobody''s business.';

create policy "managers of the tenant change its name and settings" on app.tenants
    for update to rowhouse_app
    using (id = (select context.tenant_requiring('manage_tenant')))
    with check (id = (select context.tenant_requiring('manage_tenant')));
comment on policy "managers of the tenant change its name and settings" on app.tenants is
    'The name, the brand, the language, how long and from where its sessions are good, whether guests are welcome, what support may; and by which ways and with which factors members sign in, which the trigger guard_second_factor wants a fresh sign-in for; and for how long the trail is kept, which guard_retention delays. The slug is in links, and the status and the limits are the operator''s, so none of these columns is granted.';

-- The definer's reach: the door, sign-in and the lock on a tenant's owners.
grant select, insert on app.tenants to rowhouse_definer;
grant update (updated_at, status, seats, key_limit, requests_per_minute, requests_per_day, deletion_grace_days, sign_in_ways, storage_limit), delete on app.tenants to rowhouse_definer;
create policy "the door reads every tenant" on app.tenants
    for select to rowhouse_definer using (true);
comment on policy "the door reads every tenant" on app.tenants is
    'context.enter() must see that a tenant is active before there is a context; sign-in looks tenants up by slug.';
create policy "registration creates tenants" on app.tenants
    for insert to rowhouse_definer with check (true);
comment on policy "registration creates tenants" on app.tenants is
    'auth.create_tenant(), when the address of the first owner is verified.';
create policy "owners close their tenant, and the operator suspends and limits" on app.tenants
    for update to rowhouse_definer using (true) with check (true);
comment on policy "owners close their tenant, and the operator suspends and limits" on app.tenants is
    'context.close_tenant(); auth.suspend_tenant(), auth.resume_tenant(), auth.limit_tenant() and auth.begin_erasure(), which only the operator''s connection may call; auth.restore_tenant(), for an owner with the link of a mail. app.keep_an_owner(), app.take_seat() and auth.guard_keys() lock the row, which PostgreSQL counts as an update.';
create policy "a tenant goes when nothing of it is left" on app.tenants
    for delete to rowhouse_definer using (id = (select context.tenant_in_erasure()));
comment on policy "a tenant goes when nothing of it is left" on app.tenants is
    'jobs.erase_tenant(), as its last step.';
