select context.close_table('context.message_words');

-- Not audited, and yet nobody empties it for all tenants at once.
create or replace trigger keep_whole before truncate on context.message_words
    for each statement execute function audit.refuse_change();

-- The definer's reach: each function names the tenant and the person.
grant select, insert, update, delete on context.message_words to rowhouse_definer;
create policy "what somebody said is found by themselves" on context.message_words
    for all to rowhouse_definer using (true) with check (true);
comment on policy "what somebody said is found by themselves" on context.message_words is
    'app.index_message() writes the words of a message with it; context.find_conversations() asks for the caller''s own, and row security is asked for each conversation that it found; jobs.erase_tenant(). No role reads it.';
