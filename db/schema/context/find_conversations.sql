-- Which of the caller's own conversations hold these words, in the title or in what was said: ids, the newest first, fifty at
-- most. The words are taken as they are, without regard to a language; quotation marks, `or` and a minus work as in a search
-- engine.
--
-- The index has keys that only this person's words have (context.word_keys), so a search costs what they said with these words, and
-- nothing of what others say. Where the keys alone answer the question, as for words of which all or any are wanted, no message is read.
-- What stands next to what, and what must not be there, the keys do not say: then messages are read, the newest first, until fifty
-- conversations are found. A question for what does not hold a word, and no more, begins with all that the person said.
set local role rowhouse_definer;
create or replace function context.find_conversations(search text) returns uuid[]
    language plpgsql stable parallel restricted security definer
    set search_path = ''
    set plan_cache_mode = force_custom_plan
    set jit = off set enable_sort = on set enable_hashjoin = on set enable_bitmapscan = on set enable_material = on
    set enable_seqscan = off
as $$
declare
    word   constant text := '''((?:[^'']|'''')*)''';
    tenant constant uuid := context.tenant_id();
    me     constant uuid := context.user_where('chat');
    query  constant tsquery := websearch_to_tsquery('pg_catalog.simple', left(search, 1000));
    -- What an index can be asked of it: without what must not be there. T: nothing.
    tree   constant text := querytree(query);
    shape  constant text := regexp_replace(query::text, word, 'w', 'g');
    exact  constant boolean := shape !~ '[!<]' and not (shape ~ '&' and shape ~ '\|');
    every  constant boolean := regexp_replace(tree, word, 'w', 'g') !~ '\|';
    keys   constant bigint[] := context.word_keys(tenant, me, array(
        select replace(replace(part[1], '''''', ''''), '\\', '\') from regexp_matches(tree, word, 'g') as part));
    found  uuid[];
    newest timestamptz[];
    hits   integer := 0;
    said   record;
begin
    if me is null or numnode(query) = 0 then
        return '{}';
    end if;
    select coalesce(array_agg(known.id), '{}'), coalesce(array_agg(known.updated_at), '{}') into found, newest
    from app.conversations as known
    where known.tenant_id = tenant and known.user_id = me and known.deleted_at is null
        and context.words_of(known.title) @@ query;
    if exact then
        select found || coalesce(array_agg(hit.conversation_id), '{}'), newest || coalesce(array_agg(hit.at), '{}') into found, newest
        from (
            select known.conversation_id, max(known.created_at) as at
            from context.messages_with(tenant, me, keys, every) as known
            group by known.conversation_id
        ) as hit;
    else
        for said in
            select known.conversation_id, known.message_id, known.created_at
            from context.messages_with(tenant, me, keys, every) as known
            where tree <> 'T'
            union all
            select known.conversation_id, known.id, known.created_at
            from app.messages as known
            where tree = 'T' and known.tenant_id = tenant and known.user_id = me
            order by 3 desc
        loop
            continue when said.conversation_id = any (found);
            if exists (
                select from app.messages as known
                where known.tenant_id = tenant and known.id = said.message_id and known.user_id = me
                    and known.deleted_at is null and context.words_of(known.content) @@ query
            ) then
                found := found || said.conversation_id;
                newest := newest || said.created_at;
                hits := hits + 1;
                exit when hits = 50;
            end if;
        end loop;
    end if;
    return array(
        select place.id from app.conversations as place
        join (
            select hit.id, max(hit.at) as at from unnest(found, newest) as hit (id, at) group by hit.id
        ) as hit on hit.id = place.id
        where place.tenant_id = tenant and place.user_id = me and place.deleted_at is null
        order by hit.at desc, place.id
        limit 50
    );
end
$$;
grant execute on function context.find_conversations(text) to rowhouse_app;
comment on function context.find_conversations(text) is
    'The ids of up to fifty of the caller''s own conversations that hold the words, in the title or in what was said.';
reset role;
