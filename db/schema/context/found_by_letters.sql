-- Passages that say something spelt nearly like a word of a question, or a longer word that begins with it, for words that too few
-- passages in the caller's reach say.
--
-- The index of spellings (context.spellings) tells which, without reading any; the best few hundred of them, the shortest of
-- those that weigh the same, are then compared letter by letter.
set local role rowhouse_definer;
create or replace function context.found_by_letters(
    tenant uuid, me uuid, readable boolean, teams uuid[], private boolean, among uuid[], question text, wanted integer
)
    returns table (chunk uuid, own boolean, weight float8)
    language sql stable parallel restricted security definer
    set search_path = ''
    set plan_cache_mode = force_custom_plan
    set jit = off set enable_sort = on set enable_hashjoin = on set enable_bitmapscan = on set enable_material = on
as $$
    with asked as materialized (
        select row_number() over ()::integer as number, told.word, context.spellings(told.word) as spellings
        from (
            select distinct word from regexp_split_to_table(lower(question), '[^[:alnum:]]+') as word
            where length(word) between 4 and 40
            limit 16
        ) as told
    ), said as materialized (
        select asked.number, passage.id, passage.own, passage.length
        from asked
        cross join lateral (
            -- The fence, offset 0, has the index asked first and for each word. What else is asked of a passage would seem to the
            -- planner, which knows nobody's words, to leave as few, and it would read them all.
            select found.id, found.document_id, found.user_id, found.visibility, found.team_id, found.live, found.language,
                found.user_id = me as own, found.ends_at - found.starts_at as length
            from app.document_chunks as found
            where found.tenant_id = tenant and context.spellings(found.content) && asked.spellings
            offset 0
        ) as passage
        where passage.live
            and context.reaches(passage.visibility, passage.team_id, passage.user_id, me, readable, teams, private)
            and (among is null or passage.document_id = any (among))
    ), worth as materialized (
        select said.number,
            ln(1 + (select count(*) from (select from said as every group by every.id) as every)::float8 / count(*)) as weight
        from said group by said.number
    ), weighed as materialized (
        select said.id, said.own, said.length, sum(worth.weight) as weight
        from said join worth on worth.number = said.number
        group by said.id, said.own, said.length
    ), best as materialized (
        (select * from weighed order by weight desc, length, id limit wanted)
        union
        (select * from weighed where weighed.own order by weight desc, length, id limit wanted)
    )
    select best.id, best.own, near.likeness
    from best
    cross join lateral (
        select sum(extensions.word_similarity(asked.word, known.content))::float8 as likeness
        from app.document_chunks as known, asked
        where known.tenant_id = tenant and known.id = best.id
    ) as near
$$;
comment on function context.found_by_letters(uuid, uuid, boolean, uuid[], boolean, uuid[], text, integer) is
    'Passages in somebody''s reach with words that are spelt nearly like those of a question, the best few hundred.';
reset role;
