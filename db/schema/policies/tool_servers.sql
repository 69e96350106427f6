select context.close_table('app.tool_servers');

grant select (tenant_id, id, kind, name, url, team_id, active, created_at, updated_at) on app.tool_servers to rowhouse_app;
grant insert (kind, name, url, team_id) on app.tool_servers to rowhouse_app;
grant update (team_id, active) on app.tool_servers to rowhouse_app;
grant delete on app.tool_servers to rowhouse_app;

create policy "nothing crosses the wall" on app.tool_servers
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.tool_servers is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "who configures the model sees the tool servers" on app.tool_servers
    for select to rowhouse_app
    using (tenant_id = (select context.tenant_where('configure_model')));
comment on policy "who configures the model sees the tool servers" on app.tool_servers is
    'Where a company''s own systems are is not for every colleague to know: they see names, by app.my_tools(). The secret is elsewhere (auth.tool_secrets) and is seen by nobody.';

create policy "who configures the model adds tool servers" on app.tool_servers
    for insert to rowhouse_app
    with check (tenant_id = (select context.tenant_requiring('configure_model')));
comment on policy "who configures the model adds tool servers" on app.tool_servers is
    'A missing permission is named. That it takes a fresh sign-in, and how many there may be, the trigger guard_tool_server says.';

create policy "who configures the model switches tool servers" on app.tool_servers
    for update to rowhouse_app
    using (tenant_id = (select context.tenant_requiring('configure_model')))
    with check (tenant_id = (select context.tenant_requiring('configure_model')));
comment on policy "who configures the model switches tool servers" on app.tool_servers is
    'Whose its tools are, and whether it is on. Its address and its name are no input: what was approved was approved there.';

create policy "who configures the model removes tool servers" on app.tool_servers
    for delete to rowhouse_app
    using (tenant_id = (select context.tenant_requiring('configure_model')));
comment on policy "who configures the model removes tool servers" on app.tool_servers is
    'Its tools and its secret go with it; the trail keeps that it was there.';

-- The definer's reach: turns. What a foreign key takes along goes as the table's owner.
grant select, update (active), delete on app.tool_servers to rowhouse_definer;
create policy "turns find the tools of their tenant" on app.tool_servers
    for select to rowhouse_definer using (true);
comment on policy "turns find the tools of their tenant" on app.tool_servers is
    'context.offered_tools() and context.usable_tool(), for the caller''s tenant or a turn''s; context.tool_server_to_ask(); the triggers count and compare.';
create policy "a list is kept by one at a time" on app.tool_servers
    for update to rowhouse_definer
    using (tenant_id = (select context.tenant_id())) with check (false);
comment on policy "a list is kept by one at a time" on app.tool_servers is
    'context.keep_listed_tools() and context.keep_tool_secret() lock the row, and change nothing of it.';
create policy "whoever is erased takes the tool servers along" on app.tool_servers
    for delete to rowhouse_definer using (tenant_id = (select context.tenant_in_erasure()));
comment on policy "whoever is erased takes the tool servers along" on app.tool_servers is
    'jobs.erase_tenant(), for a company and all that is in it.';
