create or replace function app.my_preferences() returns app.user_preferences
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select * from app.user_preferences
    where tenant_id = (select context.tenant_id()) and user_id = (select context.user_id())
$$;
grant execute on function app.my_preferences() to rowhouse_app;
comment on function app.my_preferences() is 'The caller''s preferences in this tenant; null until they are set.';
