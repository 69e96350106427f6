select context.close_table('app.messages');
-- One member may have most of a tenant's messages: lists are planned for them.
select context.plan_for_largest('app.messages', 'user_id');

grant select (tenant_id, id, conversation_id, user_id, role, content, created_at, team_id, parent_id, status, parts, turn_id, generator, model, finish_reason, error_code, provenance, deleted_at, stems) on app.messages to rowhouse_app;
grant insert (conversation_id, content, parent_id) on app.messages to rowhouse_app;

create policy "nothing crosses the wall" on app.messages
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.messages is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "members read the messages of their conversations" on app.messages
    for select to rowhouse_app
    using (
        user_id = (select context.user_where('chat'))
        and (team_id is null or team_id = any ((select context.teams())::uuid[]))
        and deleted_at is null
    );
comment on policy "members read the messages of their conversations" on app.messages is
    'user_id is the conversation''s user; the foreign key (tenant_id, user_id, conversation_id) holds it to that, and team_id is the conversation''s by the trigger place_message: what was said in a team stays there. deleted_at is the conversation''s: what is in the bin nobody reads until its member takes the conversation back.';

create policy "members of a team read its messages" on app.messages
    for select to rowhouse_app
    using (team_id = any ((select context.teams('chat'))::uuid[]) and deleted_at is null);
comment on policy "members of a team read its messages" on app.messages is
    'As for its conversations: whoever comes into a team reads what was said before, too, and who leaves it nothing.';

create policy "holders of view_all_chats read every message" on app.messages
    for select to rowhouse_app
    using (tenant_id = (select context.tenant_where('view_all_chats')) and deleted_at is null);
comment on policy "holders of view_all_chats read every message" on app.messages is
    'As for conversations: administrators read, they do not write.';

create policy "members write into their own conversations" on app.messages
    for insert to rowhouse_app
    with check (
        tenant_id = (select context.tenant_requiring('chat'))
        and user_id = (select context.user_id())
        and role = 'user'
        and (team_id is null or team_id = any ((select context.teams())::uuid[]))
        and deleted_at is null
    );
comment on policy "members write into their own conversations" on app.messages is
    'Only as themselves: the role is not granted for input, so nobody puts words into the machine''s mouth. What was said is neither edited nor deleted singly, and nothing is said in the bin.';

-- The definer's reach: feedback.
create policy "members of a team find what they may rate" on app.messages
    for select to rowhouse_definer
    using (team_id = any ((select context.teams())::uuid[]));
comment on policy "members of a team find what they may rate" on app.messages is
    'app.guard_feedback(), which tells whether an answer is one that the caller may read.';

-- The definer's reach: what a company asks again and again.
create policy "who reads every chat has its questions counted" on app.messages
    for select to rowhouse_definer
    using (tenant_id = (select context.tenant_where('view_all_chats')));
comment on policy "who reads every chat has its questions counted" on app.messages is
    'context.company_questions(); and app.prepare_curated_answer(), which tells whether there is an answer to correct. Of whoever reads all of it anyway, and nobody else. What is in the bin both leave out themselves: named here, it would keep the count from being made of an index alone.';

-- The definer's reach: turns.
grant insert (tenant_id, user_id, conversation_id, role, status, content, parts, parent_id, turn_id, model, generator) on app.messages to rowhouse_definer;
create policy "a turn writes its question and makes room for its answer" on app.messages
    for insert to rowhouse_definer
    with check (tenant_id = (select context.tenant_id()) and user_id = (select context.user_id()) and (role = 'user' or status = 'streaming'));
comment on policy "a turn writes its question and makes room for its answer" on app.messages is
    'context.begin_turn(), for the caller, in a conversation that it found to be theirs. No answer is written before there was a turn.';
grant update (content, parts, status, turn_id, finish_reason, error_code, provenance, team_id, deleted_at) on app.messages to rowhouse_definer;
create policy "a turn's end writes its answer" on app.messages
    for update to rowhouse_definer
    using (tenant_id = (select context.tenant_id()) and user_id = (select context.user_id()))
    with check (tenant_id = (select context.tenant_id()) and user_id = (select context.user_id()));
comment on policy "a turn's end writes its answer" on app.messages is
    'auth.settle_turn() and jobs.sweep_holds(), which act as whoever asked, write the answer of that turn; context.decide_calls() has one that waited for its asker''s word go on; context.move_conversation() takes messages along.';

-- The definer's reach: an account that is exported or erased.
create policy "people find their own messages" on app.messages
    for select to rowhouse_definer
    using (user_id = (select context.user_id()) or tenant_id = (select context.tenant_in_erasure()));
comment on policy "people find their own messages" on app.messages is
    'auth.export_account() and jobs.delete_account(), for one person in all their companies; jobs.claim_memories(), which acts as the person whose words it reads; and jobs.erase_tenant(), for the company that is being erased.';
grant delete on app.messages to rowhouse_definer;
create policy "whoever is erased takes their messages with them" on app.messages
    for delete to rowhouse_definer
    using (user_id = (select context.user_id()) or tenant_id = (select context.tenant_in_erasure()));
comment on policy "whoever is erased takes their messages with them" on app.messages is
    'jobs.delete_account(), which acts as the person whose account it erases, in all their companies; and jobs.erase_tenant(), for a company and all that is in it.';

-- The definer's reach: the desk.
grant select on app.messages to rowhouse_definer;
create policy "the desk explains one row" on app.messages
    for select to rowhouse_definer
    using (id = (select context.explained_row()));
comment on policy "the desk explains one row" on app.messages is
    'inspect.why() seals the key of the one row that an auditor asks about, and answers with yes and no only.';
