-- Passages that say words of a question, by the rules of each language that the tenant has documents in. A word counts the more,
-- the fewer of the caller's own passages say it: what others' documents say moves no score, and so tells nothing.
--
-- Each word is asked of the index by itself, which says all that the weights need; what a passage says is read only of the best
-- few hundred, the shortest of those that weigh the same, and how often and how near the words stand settles their order.
set local role rowhouse_definer;
create or replace function context.found_by_words(
    tenant uuid, me uuid, readable boolean, teams uuid[], private boolean, among uuid[], question text, wanted integer
)
    returns table (chunk uuid, own boolean, weight float8)
    language sql stable parallel restricted security definer
    set search_path = ''
    set plan_cache_mode = force_custom_plan
    set jit = off set enable_sort = on set enable_hashjoin = on set enable_bitmapscan = on set enable_material = on
as $$
    with spoken as (
        select distinct known.language from app.documents as known
        where known.tenant_id = tenant and known.language is not null
        limit 20
    ), asked as materialized (
        select row_number() over ()::integer as number, spoken.language,
            ('''' || replace(replace(word.lexeme, '\', '\\'), '''', '''''') || '''')::tsquery as word
        from spoken
        cross join lateral (
            select lexeme from unnest(tsvector_to_array(to_tsvector(context.text_configuration(spoken.language), question))) as lexeme
            limit 32
        ) as word
    ), said as materialized (
        select asked.number, asked.language, passage.id, passage.own, passage.length
        from asked
        cross join lateral (
            -- The fence, offset 0, has the index asked first and for each word. What else is asked of a passage would seem to the
            -- planner, which knows nobody's words, to leave as few, and it would read them all.
            select found.id, found.document_id, found.user_id, found.visibility, found.team_id, found.live, found.language,
                found.user_id = me as own, found.ends_at - found.starts_at as length
            from app.document_chunks as found
            where found.tenant_id = tenant and found.search @@ asked.word
            offset 0
        ) as passage
        where passage.live
            and passage.language = asked.language
            and context.reaches(passage.visibility, passage.team_id, passage.user_id, me, readable, teams, private)
            and (among is null or passage.document_id = any (among))
    ), worth as materialized (
        select said.number,
            ln(1 + (select count(*) from (select from said as every group by every.id) as every)::float8 / count(*)) as weight
        from said group by said.number
    ), weighed as materialized (
        select said.id, said.own, said.length, said.language, sum(worth.weight) as weight
        from said join worth on worth.number = said.number
        group by said.id, said.own, said.length, said.language
    ), best as materialized (
        (select * from weighed order by weight desc, length, id limit greatest(wanted * 4, 200))
        union
        (select * from weighed where weighed.own order by weight desc, length, id limit greatest(wanted * 4, 200))
    )
    select best.id, best.own, best.weight + 0.1 * ts_rank(passage.search, question.any_word, 1)
    from best
    join (
        select asked.language, string_agg(asked.word::text, ' | ')::tsquery as any_word from asked group by asked.language
    ) as question on question.language = best.language
    cross join lateral (
        select known.search from app.document_chunks as known where known.tenant_id = tenant and known.id = best.id
        offset 0
    ) as passage
$$;
comment on function context.found_by_words(uuid, uuid, boolean, uuid[], boolean, uuid[], text, integer) is
    'Passages in somebody''s reach that say words of a question, the best few hundred, and how much that weighs.';
reset role;
