create or replace function app.delete_my_preferences() returns app.user_preferences
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    delete from app.user_preferences as mine
    where mine.tenant_id = (select context.tenant_id()) and mine.user_id = (select context.user_id())
    returning mine.*
$$;
grant execute on function app.delete_my_preferences() to rowhouse_app;
comment on function app.delete_my_preferences() is
    'Forgets the caller''s preferences in this tenant, and returns them; null if there were none.';
