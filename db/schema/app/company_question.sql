-- What a company asks again and again.
do $$
begin
    if to_regtype('app.company_question') is null then
        create type app.company_question as (
            question           text,
            times              integer,
            people             integer,
            last_asked_at      timestamptz,
            rated              integer,
            answered_well      double precision,
            curated_answer_id  uuid
        );
    end if;
end
$$;
comment on type app.company_question is 'A question that people of the company asked more than once, in these words or such as mean the same to a search.';
comment on column app.company_question.question is 'How it was last put.';
comment on column app.company_question.times is 'How many times it was asked.';
comment on column app.company_question.people is 'By how many people, and keys that are the company''s own.';
comment on column app.company_question.last_asked_at is 'When it last was.';
comment on column app.company_question.rated is 'How often somebody rated an answer to it.';
comment on column app.company_question.answered_well is 'Of those ratings the share that liked it, from 0 to 1; null where there is none.';
comment on column app.company_question.curated_answer_id is 'The company''s own answer that the caller would get to it; null where a model would be asked, and for whom curated answers are not theirs to manage.';
