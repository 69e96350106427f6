create or replace function app.my_identities() returns setof app.identity
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select * from context.identities_of_caller()
$$;
grant execute on function app.my_identities() to rowhouse_app;
comment on function app.my_identities() is 'The accounts elsewhere with which the caller signs in, oldest first.';
