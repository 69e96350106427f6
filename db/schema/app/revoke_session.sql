create or replace function app.revoke_session(id uuid) returns app.session
    language sql volatile parallel unsafe security invoker strict
    set search_path = ''
as $$
    select * from context.end_sessions_of_caller('one', revoke_session.id)
$$;
grant execute on function app.revoke_session(uuid) to rowhouse_app;
comment on function app.revoke_session(uuid) is
    'Signs out one of the caller''s own sessions: its tokens are dead with the next request.';
