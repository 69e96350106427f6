create or replace function app.my_profile() returns app.user_profiles
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select tenant_id, id, user_id, enabled, questions, model, null::real[], created_at, updated_at
    from app.user_profiles as profile
    where profile.tenant_id = context.tenant_id() and profile.user_id = context.user_id()
$$;
grant execute on function app.my_profile() to rowhouse_app;
comment on function app.my_profile() is
    'What is drawn from the caller''s own questions to find what they tend to ask about; null while there is nothing.';
