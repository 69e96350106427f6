select context.close_table('app.memories');

grant select (tenant_id, id, user_id, content, learned, created_at, updated_at) on app.memories to rowhouse_app;
grant insert (content) on app.memories to rowhouse_app;
grant update (content) on app.memories to rowhouse_app;
grant delete on app.memories to rowhouse_app;

create policy "nothing crosses the wall" on app.memories
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.memories is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "people see what is remembered of them" on app.memories
    for select to rowhouse_app
    using (user_id = (select context.user_where('chat')));
comment on policy "people see what is remembered of them" on app.memories is
    'It is theirs to look at, and nobody else''s: no permission shows what is remembered of a colleague.';

create policy "people have something remembered" on app.memories
    for insert to rowhouse_app
    with check (tenant_id = (select context.tenant_requiring('chat')) and user_id = (select context.user_id()));
comment on policy "people have something remembered" on app.memories is
    'Tenant and user are defaults from the context: of nobody else.';

create policy "people mend what is remembered of them" on app.memories
    for update to rowhouse_app
    using (tenant_id = (select context.tenant_requiring('chat')) and user_id = (select context.user_id()))
    with check (tenant_id = (select context.tenant_requiring('chat')) and user_id = (select context.user_id()));
comment on policy "people mend what is remembered of them" on app.memories is
    'What they mended is theirs, and no job''s any more (app.guard_memory()).';

create policy "people have it forgotten" on app.memories
    for delete to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and user_id = (select context.user_id()));
comment on policy "people have it forgotten" on app.memories is
    'Without a permission: what is known of somebody is theirs to have forgotten.';

-- The definer's reach: each function names the tenant that it works in.
grant select, insert, delete on app.memories to rowhouse_definer;
create policy "what is remembered is told to the model, and forgotten" on app.memories
    for all to rowhouse_definer using (true) with check (true);
comment on policy "what is remembered is told to the model, and forgotten" on app.memories is
    'context.begin_turn(), for the caller; jobs.claim_memories() and jobs.keep_memories(), for one person; app.guard_memory() counts them; auth.export_account() and jobs.delete_account(), for one person in all their companies; jobs.erase_tenant().';
