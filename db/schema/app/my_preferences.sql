-- The one place where it is decided what holds: one's own choice, else the company's, else what is built in.
create or replace function app.my_preferences() returns app.effective_preferences
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select
        coalesce(mine.language, company.language, 'en'),
        case when mine.language is not null then 'own' when company.language is not null then 'company' else 'built_in' end,
        coalesce(mine.tone, company.tone, 'neutral'),
        case when mine.tone is not null then 'own' when company.tone is not null then 'company' else 'built_in' end,
        coalesce(mine.model, company.model),
        case when mine.model is not null then 'own' when company.model is not null then 'company' else 'built_in' end,
        coalesce(mine.temperature, company.temperature),
        case when mine.temperature is not null then 'own' when company.temperature is not null then 'company' else 'built_in' end,
        coalesce(mine.max_answer_tokens, company.max_answer_tokens),
        case when mine.max_answer_tokens is not null then 'own' when company.max_answer_tokens is not null then 'company' else 'built_in' end,
        coalesce(mine.notify_answers, company.notify_answers, true),
        case when mine.notify_answers is not null then 'own' when company.notify_answers is not null then 'company' else 'built_in' end,
        coalesce(mine.notify_weekly, company.notify_weekly, false),
        case when mine.notify_weekly is not null then 'own' when company.notify_weekly is not null then 'company' else 'built_in' end,
        coalesce(mine.remember, company.remember, true),
        case when mine.remember is not null then 'own' when company.remember is not null then 'company' else 'built_in' end
    from (select context.tenant_id() as tenant_id, context.user_id() as user_id) as caller
    left join app.user_preferences as mine on mine.tenant_id = caller.tenant_id and mine.user_id = caller.user_id
    left join app.tenant_preferences as company on company.tenant_id = caller.tenant_id
$$;
grant execute on function app.my_preferences() to rowhouse_app;
comment on function app.my_preferences() is
    'What holds for the caller in this company, and who chose each: they themselves, the company, or nobody.';
