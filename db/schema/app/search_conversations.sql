-- What the words found is read again under row security.
create or replace function app.search_conversations(search text) returns setof app.conversations
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select conversation.* from app.conversations as conversation
    where conversation.id = any (array(select unnest(context.find_conversations(search_conversations.search))))
    order by conversation.updated_at desc, conversation.id
$$;
grant execute on function app.search_conversations(text) to rowhouse_app;
comment on function app.search_conversations(text) is
    'Up to fifty of the caller''s own conversations that hold the words, in the title or in what was said.';
