select context.close_table('app.user_profiles');

grant select (tenant_id, id, user_id, enabled, questions, model, created_at, updated_at) on app.user_profiles to rowhouse_app;
grant delete on app.user_profiles to rowhouse_app;

create policy "nothing crosses the wall" on app.user_profiles
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.user_profiles is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "people see their own profile" on app.user_profiles
    for select to rowhouse_app
    using (user_id = (select context.user_where('chat')));
comment on policy "people see their own profile" on app.user_profiles is
    'What is drawn from somebody''s questions is theirs to look at, and nobody else''s.';

create policy "people erase their own profile" on app.user_profiles
    for delete to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and user_id = (select context.user_id()));
comment on policy "people erase their own profile" on app.user_profiles is
    'Without a permission: what is known of somebody is theirs to have forgotten.';

-- The definer's reach: each function names the tenant that it works in.
grant select, insert, update, delete on app.user_profiles to rowhouse_definer;
create policy "profiles are drawn from questions, and forgotten" on app.user_profiles
    for all to rowhouse_definer using (true) with check (true);
comment on policy "profiles are drawn from questions, and forgotten" on app.user_profiles is
    'context.keep_profile() and context.note_question(), for the caller; context.find_passages() reads the callers; auth.export_account() and jobs.delete_account(), for one person in all their companies; jobs.erase_tenant().';
