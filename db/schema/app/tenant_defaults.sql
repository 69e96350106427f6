create or replace function app.tenant_defaults() returns app.tenant_preferences
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select * from app.tenant_preferences where tenant_id = (select context.tenant_id())
$$;
grant execute on function app.tenant_defaults() to rowhouse_app;
comment on function app.tenant_defaults() is
    'The company''s defaults for its members'' preferences; null until they are set.';
