create or replace function app.my_sessions() returns setof app.session
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select * from context.sessions_of_caller()
$$;
grant execute on function app.my_sessions() to rowhouse_app;
comment on function app.my_sessions() is
    'Where the caller is signed in, in all their companies: the session that asks first, then those that were seen last; a hundred at most.';
