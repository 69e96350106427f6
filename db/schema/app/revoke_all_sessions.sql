create or replace function app.revoke_all_sessions() returns setof app.session
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    select * from context.end_sessions_of_caller('all')
$$;
grant execute on function app.revoke_all_sessions() to rowhouse_app;
comment on function app.revoke_all_sessions() is
    'Signs out all of the caller''s sessions, in all their companies, the one that asks too.';
