create or replace function app.my_passkeys() returns setof app.passkey
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select * from context.passkeys_of_caller()
$$;
grant execute on function app.my_passkeys() to rowhouse_app;
comment on function app.my_passkeys() is 'The passkeys with which the caller signs in, oldest first.';
