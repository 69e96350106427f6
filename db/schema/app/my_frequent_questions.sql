-- Answered at once from the last answer, if what it rests on still stands: every document of which it was given passages is one
-- that row security shows to the caller now, in the same version.
create or replace function app.my_frequent_questions(wanted integer default 10)
    returns setof app.frequent_question
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select question.content, found.times, question.created_at, answer.conversation_id, answer.id, answer.created_at,
        case when (answer.provenance #>> '{curated,teamId}' is null
            or (answer.provenance #>> '{curated,teamId}')::uuid = any ((select context.teams('read_documents'))::uuid[]))
        and not exists (
            select from jsonb_array_elements(answer.provenance -> 'sources') as source
            where not exists (
                select from app.documents as document
                where document.tenant_id = (select context.tenant_id()) and document.id = (source ->> 'documentId')::uuid
                    and document.version = (source ->> 'version')::integer
            )
        ) then answer.content end
    from context.frequent_questions(wanted) with ordinality as found (asked, times, answered, place)
    join app.messages as question on question.tenant_id = (select context.tenant_id()) and question.id = found.asked
    left join app.messages as answer on answer.tenant_id = (select context.tenant_id()) and answer.id = found.answered
    order by found.place
$$;
grant execute on function app.my_frequent_questions(integer) to rowhouse_app;
comment on function app.my_frequent_questions(integer) is
    'What the caller asked more than once in the last half year, the most frequent first, 10 of them or up to 50; with the last answer where what it rests on still stands.';
