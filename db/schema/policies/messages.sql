select context.close_table('app.messages');

grant select on app.messages to rowhouse_app;
grant insert (conversation_id, content) on app.messages to rowhouse_app;

create policy "nothing crosses the wall" on app.messages
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()))
    with check (tenant_id = (select context.tenant_id()));
comment on policy "nothing crosses the wall" on app.messages is
    'Whatever the policies below permit, they permit inside the caller''s tenant. Restrictive, so it stands before every query as one indexed equality.';

create policy "members read the messages of their conversations" on app.messages
    for select to rowhouse_app
    using (tenant_id = (select context.tenant_where('chat')) and user_id = (select context.user_id()));
comment on policy "members read the messages of their conversations" on app.messages is
    'user_id is the conversation''s user; the foreign key (tenant_id, user_id, conversation_id) holds it to that.';

create policy "holders of view_all_chats read every message" on app.messages
    for select to rowhouse_app
    using (tenant_id = (select context.tenant_where('view_all_chats')));
comment on policy "holders of view_all_chats read every message" on app.messages is
    'As for conversations: administrators read, they do not write.';

create policy "members write into their own conversations" on app.messages
    for insert to rowhouse_app
    with check (
        tenant_id = (select context.tenant_requiring('chat'))
        and user_id = (select context.user_id())
        and role = 'user'
    );
comment on policy "members write into their own conversations" on app.messages is
    'Only as themselves: the role is not granted for input, so nobody puts words into the machine''s mouth. What was said is neither edited nor deleted singly.';

-- The definer's reach: the desk.
grant select on app.messages to rowhouse_definer;
create policy "the desk explains one row" on app.messages
    for select to rowhouse_definer
    using (id = (select context.explained_row()));
comment on policy "the desk explains one row" on app.messages is
    'inspect.why() seals the key of the one row that an auditor asks about, and answers with yes and no only.';
