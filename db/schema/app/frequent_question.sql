-- What somebody asked again and again, and what they were answered.
do $$
begin
    if to_regtype('app.frequent_question') is null then
        create type app.frequent_question as (
            question        text,
            times           integer,
            last_asked_at   timestamptz,
            conversation_id uuid,
            answer_id       uuid,
            answered_at     timestamptz,
            answer          text
        );
    end if;
end
$$;
comment on type app.frequent_question is 'A question that the caller asked more than once, in these words or such as mean the same to a search, and what they were last answered.';
comment on column app.frequent_question.question is 'How they last put it.';
comment on column app.frequent_question.times is 'How many times they asked it.';
comment on column app.frequent_question.last_asked_at is 'When they last did.';
comment on column app.frequent_question.conversation_id is 'Where they were last answered; null where no answer is whole.';
comment on column app.frequent_question.answer_id is 'The key of that answer, with its parts and what it cites.';
comment on column app.frequent_question.answered_at is 'When it was given.';
comment on column app.frequent_question.answer is 'What it says; null where a document that it rests on was replaced or deleted since, or is not the caller''s to read any more.';
