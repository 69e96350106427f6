select context.close_table('app.tools');

grant select (
    tenant_id, id, server_id, name, description, input_schema, method, path, approval, active, fingerprint, approved_fingerprint,
    approved, created_at, updated_at
) on app.tools to rowhouse_app;
grant insert (server_id, name, description, input_schema, method, path, approval) on app.tools to rowhouse_app;
grant update (description, input_schema, method, path, approval, active) on app.tools to rowhouse_app;
grant delete on app.tools to rowhouse_app;

create policy "nothing crosses the wall" on app.tools
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.tools is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "who configures the model sees the tools" on app.tools
    for select to rowhouse_app
    using (tenant_id = (select context.tenant_where('configure_model')));
comment on policy "who configures the model sees the tools" on app.tools is
    'How a company''s own systems are called is not for every colleague to know: they see names and what is said of them, by app.my_tools().';

create policy "who configures the model adds tools" on app.tools
    for insert to rowhouse_app
    with check (tenant_id = (select context.tenant_requiring('configure_model')));
comment on policy "who configures the model adds tools" on app.tools is
    'Of an HTTP API only: those of an MCP server are what it lists (the trigger guard_listing). How many there may be, guard_tool says.';

create policy "who configures the model changes tools" on app.tools
    for update to rowhouse_app
    using (tenant_id = (select context.tenant_requiring('configure_model')))
    with check (tenant_id = (select context.tenant_requiring('configure_model')));
comment on policy "who configures the model changes tools" on app.tools is
    'Whether they are on, and whether whoever asks is asked first; of an HTTP API also what they are. That one is approved is said by app.approve_tool() only.';

create policy "who configures the model removes tools" on app.tools
    for delete to rowhouse_app
    using (tenant_id = (select context.tenant_requiring('configure_model')));
comment on policy "who configures the model removes tools" on app.tools is
    'A call that waits for its asker''s word is not made any more. One of an MCP server comes back, unapproved, when the server is asked again.';

-- The definer's reach: turns, lists and approvals.
grant select, insert (tenant_id, server_id, name, description, input_schema), update (description, input_schema, approved_fingerprint), delete
    on app.tools to rowhouse_definer;
create policy "turns call, and lists are kept, within their tenant" on app.tools
    for all to rowhouse_definer using (true) with check (true);
comment on policy "turns call, and lists are kept, within their tenant" on app.tools is
    'context.offered_tools(), context.usable_tool(), context.keep_listed_tools(), context.approve_tool(), for the caller''s tenant; auth.open_tool_call(), for a turn''s, which takes the approval of what changed. Whether one asks first, and whether it is on, the definer may not change.';
