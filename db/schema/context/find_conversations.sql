-- Which of the caller's own conversations hold these words, in the title or in what was said: ids, the newest first, fifty at
-- most. The words are taken as they are, without regard to a language; quotation marks, `or` and a minus work as in a search
-- engine. Of a message of more than 100,000 characters the beginning counts: no more is certain to fit in a tsvector.
--
-- It looks through what is the caller's and nothing else, so it costs what one person said: an index on words is of no use
-- where the definer's own policies stand before the words, and they stay. What holds none of the words as letters is passed over
-- before its words are taken apart, which costs ten times as much.
set local role rowhouse_definer;
create or replace function context.find_conversations(search text) returns uuid[]
    language sql stable parallel restricted security definer
    set search_path = ''
    set plan_cache_mode = force_custom_plan
    set jit = off set enable_sort = on set enable_hashjoin = on set enable_bitmapscan = on set enable_material = on
as $$
    with asked as materialized (
        select context.tenant_id() as tenant, context.user_where('chat') as me, question.query,
            -- A question for what does not hold a word is answered by what holds none.
            case when querytree(question.query) = 'T' then '{%}' else array(
                select '%' || replace(replace(replace(word.lexeme, '\', '\\'), '%', '\%'), '_', '\_') || '%'
                from unnest(tsvector_to_array(to_tsvector('pg_catalog.simple', left(search, 1000)))) as word (lexeme)
            ) end as letters
        from (select websearch_to_tsquery('pg_catalog.simple', left(search, 1000)) as query) as question
    )
    select coalesce(array_agg(found.conversation_id), '{}')
    from (
        select hit.conversation_id, max(hit.at) as at
        from asked
        cross join lateral (
            select said.conversation_id, said.created_at as at
            from app.messages as said
            where said.tenant_id = asked.tenant and said.user_id = asked.me and said.deleted_at is null
                and case when lower(said.content) like any (asked.letters)
                    then to_tsvector('pg_catalog.simple', left(said.content, 100000)) @@ asked.query end
            union all
            select known.id, known.updated_at
            from app.conversations as known
            where known.tenant_id = asked.tenant and known.user_id = asked.me and known.deleted_at is null
                and to_tsvector('pg_catalog.simple', known.title) @@ asked.query
        ) as hit
        group by hit.conversation_id
        order by at desc, hit.conversation_id
        limit 50
    ) as found
$$;
grant execute on function context.find_conversations(text) to rowhouse_app;
comment on function context.find_conversations(text) is
    'The ids of up to fifty of the caller''s own conversations that hold the words, in the title or in what was said.';
reset role;
