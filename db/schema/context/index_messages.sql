-- Makes all messages of a tenant to be found by their words: after it was brought in, while triggers rested. For who sees every row.
create or replace function context.index_messages(tenant uuid) returns void
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    insert into context.message_words (tenant_id, message_id, user_id, conversation_id, created_at, words)
    select said.tenant_id, said.id, said.user_id, said.conversation_id, said.created_at,
        context.word_keys(said.tenant_id, said.user_id, tsvector_to_array(context.words_of(said.content)))
    from app.messages as said where said.tenant_id = tenant and said.content <> ''
    on conflict (tenant_id, message_id) do update set words = excluded.words
$$;
comment on function context.index_messages(uuid) is 'Makes all messages of a tenant to be found by their words.';
