create or replace function app.revoke_other_sessions() returns setof app.session
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    select * from context.end_sessions_of_caller('others')
$$;
grant execute on function app.revoke_other_sessions() to rowhouse_app;
comment on function app.revoke_other_sessions() is
    'Signs out all of the caller''s sessions but the one that asks, in all their companies.';
