select context.close_table('app.conversations');
-- One member may have most of a tenant's conversations: lists are planned for them.
select context.plan_for_largest('app.conversations', 'user_id');

grant select (tenant_id, id, user_id, title, status, created_at, updated_at, team_id, pinned_at, last_message_at, deleted_at) on app.conversations to rowhouse_app;
grant insert (title, team_id) on app.conversations to rowhouse_app;
grant update (title, status, pinned_at) on app.conversations to rowhouse_app;
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
    using (team_id = any ((select context.teams('chat'))::uuid[]) and deleted_at is null);
comment on policy "members of a team read its conversations" on app.conversations is
    'They read along, and write only into their own. Who is in which team the door looks up afresh. What is in the bin only its member sees, for the thirty days in which they can take it back.';

create policy "holders of view_all_chats read every conversation" on app.conversations
    for select to rowhouse_app
    using (tenant_id = (select context.tenant_where('view_all_chats')) and deleted_at is null);
comment on policy "holders of view_all_chats read every conversation" on app.conversations is
    'Administrators answer for what the machine says in the company''s name. They read; they do not write. What its member put into the bin is out of their sight, too.';

create policy "members begin conversations of their own" on app.conversations
    for insert to rowhouse_app
    with check (
        tenant_id = (select context.tenant_requiring('chat')) and user_id = (select context.user_id())
        and (team_id is null or team_id = any ((select context.teams())::uuid[]))
    );
comment on policy "members begin conversations of their own" on app.conversations is
    'Tenant and user are defaults from the context and not granted for input; a team is one of their own.';

create policy "members rename, pin and archive their own conversations" on app.conversations
    for update to rowhouse_app
    using (
        tenant_id = (select context.tenant_requiring('chat')) and user_id = (select context.user_id())
        and (team_id is null or team_id = any ((select context.teams())::uuid[]))
    )
    with check (
        tenant_id = (select context.tenant_requiring('chat')) and user_id = (select context.user_id())
        and (team_id is null or team_id = any ((select context.teams())::uuid[]))
    );
comment on policy "members rename, pin and archive their own conversations" on app.conversations is
    'Title, status and pin; a conversation never changes hands. Sharing and discarding are calls of their own, because its messages go along.';

create policy "members delete their own conversations" on app.conversations
    for delete to rowhouse_app
    using (
        tenant_id = (select context.tenant_requiring('chat')) and user_id = (select context.user_id())
        and (team_id is null or team_id = any ((select context.teams())::uuid[]))
    );
comment on policy "members delete their own conversations" on app.conversations is
    'With its messages, by the foreign key within the tenant. The trail keeps that it was there.';

-- The definer's reach: turns, and what messages move.
grant insert (tenant_id, user_id, team_id) on app.conversations to rowhouse_definer;
grant update (updated_at, last_message_at, title, team_id, deleted_at) on app.conversations to rowhouse_definer;
create policy "a turn begins a conversation of its caller's" on app.conversations
    for insert to rowhouse_definer
    with check (tenant_id = (select context.tenant_id()) and user_id = (select context.user_id()));
comment on policy "a turn begins a conversation of its caller's" on app.conversations is
    'context.begin_turn(), which asks for the permission and whether a team is the caller''s.';
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
    'app.receive_message() sets its clocks, and its title where it has none; context.move_conversation() shares it, discards it and takes it back.';

-- The definer's reach: the bin.
create policy "what was thirty days in the bin is found" on app.conversations
    for select to rowhouse_definer
    using (deleted_at <= (select now() - interval '30 days'));
comment on policy "what was thirty days in the bin is found" on app.conversations is
    'jobs.expire_conversations(): a delete has to find its rows.';
create policy "what was thirty days in the bin goes" on app.conversations
    for delete to rowhouse_definer
    using (deleted_at <= (select now() - interval '30 days'));
comment on policy "what was thirty days in the bin goes" on app.conversations is
    'jobs.expire_conversations(), of every tenant and with the messages.';
create policy "what was thirty days in the bin is held" on app.conversations
    for update to rowhouse_definer
    using (deleted_at <= (select now() - interval '30 days'))
    with check (false);
comment on policy "what was thirty days in the bin is held" on app.conversations is
    'jobs.expire_conversations() locks what it deletes, and changes nothing.';

-- The definer's reach: subscriptions.
create policy "a subscription learns that its conversation changed" on app.conversations
    for select to rowhouse_definer
    using (tenant_id is not null and (select context.watches()));
comment on policy "a subscription learns that its conversation changed" on app.conversations is
    'auth.watch_subscriptions(), which gives out a mark of the version and nothing of the row. In no other context is anything of it in sight.';

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
