-- One call whether or not there are preferences yet; what is left out stays as it is.
--
-- reset: the names of those that are to be null again, so that what is below them holds
create or replace function app.set_my_preferences(
    language text default null,
    tone text default null,
    model text default null,
    temperature double precision default null,
    max_answer_tokens integer default null,
    notify_answers boolean default null,
    notify_weekly boolean default null,
    remember boolean default null,
    reset text[] default '{}'
) returns app.user_preferences
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
#variable_conflict use_column
declare
    stored app.user_preferences;
begin
    if not coalesce(reset, '{}') <@ '{language,tone,model,temperature,max_answer_tokens,notify_answers,notify_weekly,remember}' then
        raise exception using errcode = 'RH400', message = 'reset names what is not a preference';
    end if;
    insert into app.user_preferences as known (language, tone, model, temperature, max_answer_tokens, notify_answers, notify_weekly, remember)
    values (
        set_my_preferences.language,
        set_my_preferences.tone,
        set_my_preferences.model,
        set_my_preferences.temperature,
        set_my_preferences.max_answer_tokens,
        set_my_preferences.notify_answers,
        set_my_preferences.notify_weekly,
        set_my_preferences.remember
    )
    on conflict (tenant_id, user_id) do update set
        language = case when 'language' = any (reset) then null else coalesce(set_my_preferences.language, known.language) end,
        tone = case when 'tone' = any (reset) then null else coalesce(set_my_preferences.tone, known.tone) end,
        model = case when 'model' = any (reset) then null else coalesce(set_my_preferences.model, known.model) end,
        temperature = case when 'temperature' = any (reset) then null else coalesce(set_my_preferences.temperature, known.temperature) end,
        max_answer_tokens = case when 'max_answer_tokens' = any (reset) then null else coalesce(set_my_preferences.max_answer_tokens, known.max_answer_tokens) end,
        notify_answers = case when 'notify_answers' = any (reset) then null else coalesce(set_my_preferences.notify_answers, known.notify_answers) end,
        notify_weekly = case when 'notify_weekly' = any (reset) then null else coalesce(set_my_preferences.notify_weekly, known.notify_weekly) end,
        remember = case when 'remember' = any (reset) then null else coalesce(set_my_preferences.remember, known.remember) end
    returning known.* into stored;
    return stored;
end
$$;
grant execute on function app.set_my_preferences(text, text, text, double precision, integer, boolean, boolean, boolean, text[]) to rowhouse_app;
comment on function app.set_my_preferences(text, text, text, double precision, integer, boolean, boolean, boolean, text[]) is
    'Sets the caller''s preferences in this tenant; what is left out stays as it is, and what reset names falls back to the company''s choice.';
