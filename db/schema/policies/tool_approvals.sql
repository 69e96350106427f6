select context.close_table('auth.tool_approvals');

-- Not audited, and yet nobody empties it for all tenants at once.
create or replace trigger keep_whole before truncate on auth.tool_approvals
    for each statement execute function audit.refuse_change();

-- The definer's reach: calls that wait, and the word on them.
grant select, insert, update (decided_at, approved), delete on auth.tool_approvals to rowhouse_definer;
create policy "a call waits for the word of whoever asked" on auth.tool_approvals
    for all to rowhouse_definer using (true) with check (true);
comment on policy "a call waits for the word of whoever asked" on auth.tool_approvals is
    'auth.settle_turn() writes it with the answer, with which it goes; context.decide_calls() takes the word, once, of whoever asked; jobs.erase_tenant().';
