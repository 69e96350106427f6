select context.close_table('auth.tool_secrets');

-- The definer's reach: calling tools.
grant select, insert, delete on auth.tool_secrets to rowhouse_definer;
create policy "the secret of a tool server is lent to calls and shown to nobody" on auth.tool_secrets
    for all to rowhouse_definer using (true) with check (true);
comment on policy "the secret of a tool server is lent to calls and shown to nobody" on auth.tool_secrets is
    'context.keep_tool_secret() brings it, encrypted under the master key; context.begin_turn() and context.tool_server_to_ask() lend it to the server.';
