-- One call whether or not there are preferences yet; what is left out stays as it is.
create or replace function app.set_my_preferences(language text default null, tone text default null)
    returns app.user_preferences
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    insert into app.user_preferences as mine (language, tone)
    values (coalesce(set_my_preferences.language, 'en'), coalesce(set_my_preferences.tone, 'neutral'))
    on conflict (tenant_id, user_id) do update set
        language = coalesce(set_my_preferences.language, mine.language),
        tone = coalesce(set_my_preferences.tone, mine.tone)
    returning mine.*
$$;
grant execute on function app.set_my_preferences(text, text) to rowhouse_app;
comment on function app.set_my_preferences(text, text) is
    'Sets the caller''s preferences in this tenant; what is left out stays as it is.';
