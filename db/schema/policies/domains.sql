select context.close_table('app.domains');

grant select (tenant_id, id, domain, challenge, role_id, admits, verified_at, check_requested_at, checked_at, failures, created_at, updated_at) on app.domains to rowhouse_app;
grant insert (domain, role_id, admits) on app.domains to rowhouse_app;
grant update (role_id, admits, check_requested_at) on app.domains to rowhouse_app;
grant delete on app.domains to rowhouse_app;

create policy "nothing crosses the wall" on app.domains
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.domains is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "members see the tenant's domains" on app.domains
    for select to rowhouse_app
    using (tenant_id = (select context.member_tenant()));
comment on policy "members see the tenant's domains" on app.domains is
    'By which addresses people may let themselves in is no secret among colleagues, of whom a key of the tenant''s own is none; the challenge is in the DNS for everybody to read.';

create policy "managers of users add domains" on app.domains
    for insert to rowhouse_app
    with check (tenant_id = (select context.tenant_requiring('manage_users')));
comment on policy "managers of users add domains" on app.domains is
    'Whether it is the tenant''s the DNS says, and the worker asks it: neither the challenge nor the time of its proof is granted.';

create policy "managers of users change what a domain admits to" on app.domains
    for update to rowhouse_app
    using (tenant_id = (select context.tenant_requiring('manage_users')))
    with check (tenant_id = (select context.tenant_requiring('manage_users')));
comment on policy "managers of users change what a domain admits to" on app.domains is
    'Whether it admits, to which role, and that it be looked up. The trigger guard_domain refuses a role that holds more than the caller does. The domain itself never changes: another one is another proof.';

create policy "managers of users remove domains" on app.domains
    for delete to rowhouse_app
    using (tenant_id = (select context.tenant_requiring('manage_users')));
comment on policy "managers of users remove domains" on app.domains is
    'Nobody joins by it any more; who did stays.';

-- The definer's reach: who joins by a domain, and what the DNS says of it.
grant select, update (verified_at, check_requested_at, checked_at, failures) on app.domains to rowhouse_definer;
create policy "people join by a domain" on app.domains
    for select to rowhouse_definer using (true);
comment on policy "people join by a domain" on app.domains is
    'auth.join_tenant() compares a proven address with it; jobs.due_domains() says which to look up; app.guard_domain() counts.';
create policy "the worker says what the DNS says" on app.domains
    for update to rowhouse_definer using (true) with check (true);
comment on policy "the worker says what the DNS says" on app.domains is
    'jobs.note_domain(), which only the worker may call. Only these columns are granted.';
