-- The company's own answer to a question, for somebody: one to the same question (context.stems), by the rules of each language that there are
-- some in, that is theirs to read, and of whose documents each stands in the version of when it was written and is theirs to read. A
-- team's comes before the company's, a newer one before an older.
--
-- question: what is longer than 1,000 characters has none
-- me, readable, teams: as the seal says of them (context.reaches)
set local role rowhouse_definer;
create or replace function context.curated_answer(tenant uuid, question text, me uuid, readable boolean, teams uuid[])
    returns setof app.curated_answers
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    -- From one language to the next by the index, however many answers there are in each.
    with recursive spoken as (
        (
            select known.language from app.curated_answers as known
            where known.tenant_id = tenant and known.active and length(curated_answer.question) <= 1000
            order by known.language
            limit 1
        )
        union all
        select (
            select known.language from app.curated_answers as known
            where known.tenant_id = tenant and known.active and known.language > spoken.language
            order by known.language
            limit 1
        )
        from spoken
        where spoken.language is not null
    )
    select given.*
    from spoken
    join app.curated_answers as given
        on given.tenant_id = tenant and given.active and given.language = spoken.language
        and given.stems = context.stems(curated_answer.question, spoken.language)
    where readable and (given.team_id is null or given.team_id = any (teams))
        and not exists (
            select from unnest(given.document_ids, given.document_versions) as source (id, version)
            where not exists (
                select from app.documents as document
                where document.tenant_id = tenant and document.id = source.id and document.version = source.version
                    and context.reaches(document.visibility, document.team_id, document.user_id, me, readable, teams, true)
            )
        )
    order by given.team_id is not null desc, given.updated_at desc, given.id desc
    limit 1
$$;
comment on function context.curated_answer(uuid, text, uuid, boolean, uuid[]) is
    'The company''s own answer to a question for somebody, while what it rests on stands and is theirs to read; else no row.';
reset role;
