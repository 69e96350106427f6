create or replace function app.me() returns app.users
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select * from app.users where id = (select context.user_id())
$$;
grant execute on function app.me() to rowhouse_app;
comment on function app.me() is 'The caller.';
