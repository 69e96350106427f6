select context.close_table('auth.memory_readings');

-- Not audited, and yet nobody empties it for all tenants at once.
create or replace trigger keep_whole before truncate on auth.memory_readings
    for each statement execute function audit.refuse_change();

-- The definer's reach: whose words are to be read, and up to where they were.
grant select, insert, update, delete on auth.memory_readings to rowhouse_definer;
create policy "what was said is read once" on auth.memory_readings
    for all to rowhouse_definer using (true) with check (true);
comment on policy "what was said is read once" on auth.memory_readings is
    'auth.settle_turn() says that there is something to read; jobs.claim_memories(), jobs.keep_memories() and jobs.fail_memories() read it; app.forget_memory() moves the mark. No role reads it.';
