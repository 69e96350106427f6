-- What holds for the caller, and who chose it.
do $$
begin
    if to_regtype('app.effective_preferences') is null then
        create type app.effective_preferences as (
            language                 text,
            language_source          text,
            tone                     text,
            tone_source              text,
            model                    text,
            model_source             text,
            temperature              double precision,
            temperature_source       text,
            max_answer_tokens        integer,
            max_answer_tokens_source text,
            notify_answers           boolean,
            notify_answers_source    text,
            notify_weekly            boolean,
            notify_weekly_source     text,
            remember                 boolean,
            remember_source          text
        );
    end if;
end
$$;
comment on type app.effective_preferences is
    'What holds for the caller in this company: their own choice, else the company''s, else what is built in. Each has a source: own, company or built_in.';
comment on column app.effective_preferences.language is 'Language tag (BCP 47) of answers.';
comment on column app.effective_preferences.language_source is 'Who chose the language: own, company, built_in.';
comment on column app.effective_preferences.tone is 'How answers should sound. neutral: plainly; friendly: warmly; formal: courteously; concise: briefly.';
comment on column app.effective_preferences.tone_source is 'Who chose the tone: own, company, built_in.';
comment on column app.effective_preferences.model is 'The model that answers; null: the installation''s.';
comment on column app.effective_preferences.model_source is 'Who chose the model: own, company, built_in.';
comment on column app.effective_preferences.temperature is 'How freely the model chooses its words: 0 to 2; null: as the model has it.';
comment on column app.effective_preferences.temperature_source is 'Who chose the temperature: own, company, built_in.';
comment on column app.effective_preferences.max_answer_tokens is 'The longest answer, in tokens of the model; null: as the model has it.';
comment on column app.effective_preferences.max_answer_tokens_source is 'Who chose the longest answer: own, company, built_in.';
comment on column app.effective_preferences.notify_answers is 'Whether a mail tells of an answer that took long.';
comment on column app.effective_preferences.notify_answers_source is 'Who chose that: own, company, built_in.';
comment on column app.effective_preferences.notify_weekly is 'Whether a mail sums up the week.';
comment on column app.effective_preferences.notify_weekly_source is 'Who chose that: own, company, built_in.';
comment on column app.effective_preferences.remember is 'Whether what they say is remembered for later conversations, and what is remembered told to the model.';
comment on column app.effective_preferences.remember_source is 'Who chose that: own, company, built_in.';
