-- A message is found by its words from the moment it is there, and an answer when it is whole.
set local role rowhouse_definer;
create or replace function app.index_message() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    insert into context.message_words as known (tenant_id, message_id, user_id, conversation_id, created_at, words)
    values (new.tenant_id, new.id, new.user_id, new.conversation_id, new.created_at,
        context.word_keys(new.tenant_id, new.user_id, tsvector_to_array(context.words_of(new.content))))
    on conflict (tenant_id, message_id) do update set words = excluded.words;
    return null;
end
$$;
grant execute on function app.index_message() to rowhouse_owner;
comment on function app.index_message() is 'Trigger: what was said is found by its words.';
reset role;

create or replace trigger index_message after insert on app.messages
    for each row when (new.content <> '') execute function app.index_message();
create or replace trigger reindex_message after update of content on app.messages
    for each row when (new.content <> old.content) execute function app.index_message();
