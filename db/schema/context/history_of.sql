-- What was said before, newest first: from a message up its parents, to a number of bytes and of messages. Each step is one
-- look by the key, so it costs what it returns, however long the conversation is. The newest is always there. An answer of
-- which nothing was said is left out.
set local role rowhouse_definer;
create or replace function context.history_of(tenant uuid, conversation uuid, newest uuid, bytes integer, messages integer)
    returns jsonb
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    with recursive line as (
        select said.id, said.parent_id, said.role, said.content, said.parts, said.parts <> '[]' as has_parts, 1 as place,
            octet_length(said.content) as reached
        from app.messages as said
        where said.tenant_id = tenant and said.conversation_id = conversation and said.id = newest
        union all
        select said.id, said.parent_id, said.role, said.content, '[]', said.parts <> '[]', line.place + 1,
            line.reached + octet_length(said.content)
        from line
        join app.messages as said
            on said.tenant_id = tenant and said.conversation_id = conversation and said.id = line.parent_id
        where line.place < messages and line.reached < bytes
    )
    select coalesce(jsonb_agg(
        jsonb_build_object('id', line.id, 'role', line.role, 'content', line.content, 'parts', line.parts)
        order by line.place
    ), '[]')
    from line
    where (line.place = 1 or line.reached <= bytes) and (line.content <> '' or line.has_parts)
$$;
comment on function context.history_of(uuid, uuid, uuid, integer, integer) is
    'The messages before and with one, newest first, up its parents, to a number of bytes and of messages.';
reset role;
