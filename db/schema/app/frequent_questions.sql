-- Texts are those that row security shows to the caller, who holds view_all_chats.
create or replace function app.frequent_questions(wanted integer default 10)
    returns setof app.company_question
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select question.content, found.times, found.people, question.created_at, found.liked + found.disliked,
        found.liked::double precision / nullif(found.liked + found.disliked, 0),
        case when (select context.may('manage_documents')) then context.curated_answer_for(question.content) end
    from context.company_questions(wanted) with ordinality as found (asked, times, people, liked, disliked, place)
    join app.messages as question on question.tenant_id = (select context.tenant_id()) and question.id = found.asked
    order by found.place
$$;
grant execute on function app.frequent_questions(integer) to rowhouse_app;
comment on function app.frequent_questions(integer) is
    'What people of the company asked more than once in the last half year, the most frequent first, 10 of them or up to 50; for who sees its figures and reads its chats.';
