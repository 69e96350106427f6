select context.close_table('app.conversations');
-- One member may have most of a tenant's conversations: lists are planned for them.
select context.plan_for_largest('app.conversations', 'user_id');

grant select (tenant_id, id, user_id, title, status, created_at, updated_at, team_id) on app.conversations to rowhouse_app;
grant insert (title, team_id) on app.conversations to rowhouse_app;
grant update (title, status) on app.conversations to rowhouse_app;
grant delete on app.conversations to rowhouse_app;

create policy "nothing crosses the wall" on app.conversations
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.conversations is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "members read their own conversations" on app.conversations
    for select to rowhouse_app
    using (
        user_id = (select context.user_where('chat'))
        and (team_id is null or team_id = any ((select context.teams())::uuid[]))
    );
comment on policy "members read their own conversations" on app.conversations is
    'A conversation is between one person and the machine; colleagues do not read along. One that belongs to a team is out of the reach of who left it, whoever began it.';

create policy "members of a team read its conversations" on app.conversations
    for select to rowhouse_app
    using (team_id = any ((select context.teams('chat'))::uuid[]));
comment on policy "members of a team read its conversations" on app.conversations is
    'They read along, and write only into their own. Who is in which team the door looks up afresh.';

create policy "holders of view_all_chats read every conversation" on app.conversations
    for select to rowhouse_app
    using (tenant_id = (select context.tenant_where('view_all_chats')));
comment on policy "holders of view_all_chats read every conversation" on app.conversations is
    'Administrators answer for what the machine says in the company''s name. They read; they do not write.';

create policy "members begin conversations of their own" on app.conversations
    for insert to rowhouse_app
    with check (
        tenant_id = (select context.tenant_requiring('chat')) and user_id = (select context.user_id())
        and (team_id is null or team_id = any ((select context.teams())::uuid[]))
    );
comment on policy "members begin conversations of their own" on app.conversations is
    'Tenant and user are defaults from the context and not granted for input; a team is one of their own.';

create policy "members rename and archive their own conversations" on app.conversations
    for update to rowhouse_app
    using (
        tenant_id = (select context.tenant_requiring('chat')) and user_id = (select context.user_id())
        and (team_id is null or team_id = any ((select context.teams())::uuid[]))
    )
    with check (
        tenant_id = (select context.tenant_requiring('chat')) and user_id = (select context.user_id())
        and (team_id is null or team_id = any ((select context.teams())::uuid[]))
    );
comment on policy "members rename and archive their own conversations" on app.conversations is
    'Title and status; a conversation never changes hands, nor teams.';

create policy "members delete their own conversations" on app.conversations
    for delete to rowhouse_app
    using (
        tenant_id = (select context.tenant_requiring('chat')) and user_id = (select context.user_id())
        and (team_id is null or team_id = any ((select context.teams())::uuid[]))
    );
comment on policy "members delete their own conversations" on app.conversations is
    'With its messages, by the foreign key within the tenant. The trail keeps that it was there.';

-- The definer's reach: the clock that messages move.
grant update (updated_at) on app.conversations to rowhouse_definer;
create policy "people find their own conversations" on app.conversations
    for select to rowhouse_definer
    using (user_id = (select context.user_id()) or tenant_id = (select context.tenant_in_erasure()));
comment on policy "people find their own conversations" on app.conversations is
    'app.receive_message(), which must see whether the conversation that was written into is archived; auth.export_account() and jobs.delete_account(), for one person in all their companies; and jobs.erase_tenant(), for the company that is being erased.';
create policy "messages move their own conversation" on app.conversations
    for update to rowhouse_definer
    using (tenant_id = (select context.tenant_id()) and user_id = (select context.user_id()))
    with check (tenant_id = (select context.tenant_id()) and user_id = (select context.user_id()));
comment on policy "messages move their own conversation" on app.conversations is
    'app.receive_message() sets updated_at, and holds no other column.';

-- The definer's reach: the end of an account.
grant delete on app.conversations to rowhouse_definer;
create policy "whoever is erased takes their conversations with them" on app.conversations
    for delete to rowhouse_definer
    using (user_id = (select context.user_id()) or tenant_id = (select context.tenant_in_erasure()));
comment on policy "whoever is erased takes their conversations with them" on app.conversations is
    'jobs.delete_account(), which acts as the person whose account it erases, in all their companies; and jobs.erase_tenant(), for a company and all that is in it.';

-- The definer's reach: the desk.
grant select on app.conversations to rowhouse_definer;
create policy "the desk explains one row" on app.conversations
    for select to rowhouse_definer
    using (id = (select context.explained_row()));
comment on policy "the desk explains one row" on app.conversations is
    'inspect.why() seals the key of the one row that an auditor asks about, and answers with yes and no only.';
