select context.close_table('app.message_feedback');

grant select (tenant_id, id, message_id, user_id, rating, comment, created_at, updated_at) on app.message_feedback to rowhouse_app;
grant insert (message_id, rating, comment) on app.message_feedback to rowhouse_app;
grant update (rating, comment) on app.message_feedback to rowhouse_app;
grant delete on app.message_feedback to rowhouse_app;

create policy "nothing crosses the wall" on app.message_feedback
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.message_feedback is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "people see what they thought of an answer" on app.message_feedback
    for select to rowhouse_app
    using (user_id = (select context.user_where('chat')));
comment on policy "people see what they thought of an answer" on app.message_feedback is
    'Their own thumbs and words; colleagues do not see them.';

create policy "holders of view_all_chats see what people thought" on app.message_feedback
    for select to rowhouse_app
    using (tenant_id = (select context.tenant_where('view_all_chats')));
comment on policy "holders of view_all_chats see what people thought" on app.message_feedback is
    'Whoever answers for what the machine says reads what was thought of it, and whoever only sees figures does not.';

create policy "people say what they think of an answer" on app.message_feedback
    for insert to rowhouse_app
    with check (tenant_id = (select context.tenant_requiring('chat')) and user_id = (select context.user_id()));
comment on policy "people say what they think of an answer" on app.message_feedback is
    'Tenant and user are defaults from the context. That the answer is one they may read, the trigger guard_feedback sees to.';

create policy "people change their minds" on app.message_feedback
    for update to rowhouse_app
    using (tenant_id = (select context.tenant_requiring('chat')) and user_id = (select context.user_id()))
    with check (tenant_id = (select context.tenant_requiring('chat')) and user_id = (select context.user_id()));
comment on policy "people change their minds" on app.message_feedback is
    'About what they said themselves.';

create policy "people take it back" on app.message_feedback
    for delete to rowhouse_app
    using (tenant_id = (select context.tenant_requiring('chat')) and user_id = (select context.user_id()));
comment on policy "people take it back" on app.message_feedback is
    'Whoever said it may take it away again; what colleagues said stays.';

-- The definer's reach: what a company asks again and again.
create policy "who reads every chat has its ratings counted" on app.message_feedback
    for select to rowhouse_definer
    using (tenant_id = (select context.tenant_where('view_all_chats')));
comment on policy "who reads every chat has its ratings counted" on app.message_feedback is
    'context.company_questions(), for whoever reads them anyway.';

-- The definer's reach: an account that is exported or erased.
create policy "people find their own feedback" on app.message_feedback
    for select to rowhouse_definer
    using (user_id = (select context.user_id()) or tenant_id = (select context.tenant_in_erasure()));
comment on policy "people find their own feedback" on app.message_feedback is
    'auth.export_account() and jobs.delete_account(), for one person in all their companies; and jobs.erase_tenant(), for the company that is being erased.';
grant delete on app.message_feedback to rowhouse_definer;
create policy "whoever is erased takes their feedback with them" on app.message_feedback
    for delete to rowhouse_definer
    using (user_id = (select context.user_id()) or tenant_id = (select context.tenant_in_erasure()));
comment on policy "whoever is erased takes their feedback with them" on app.message_feedback is
    'jobs.delete_account(), which acts as the person whose account it erases; and jobs.erase_tenant(), for a company and all that is in it.';

-- The definer's reach: the desk.
grant select on app.message_feedback to rowhouse_definer;
create policy "the desk explains one row" on app.message_feedback
    for select to rowhouse_definer
    using (id = (select context.explained_row()));
comment on policy "the desk explains one row" on app.message_feedback is
    'inspect.why() seals the key of the one row that an auditor asks about, and answers with yes and no only.';
