create or replace function app.remove_passkey(id uuid) returns app.passkey
    language sql volatile parallel unsafe security invoker strict
    set search_path = ''
as $$
    select * from context.remove_passkey_of_caller(remove_passkey.id)
$$;
grant execute on function app.remove_passkey(uuid) to rowhouse_app;
comment on function app.remove_passkey(uuid) is
    'Takes a passkey of the caller''s away, unless it is their last way to sign in. It wants a fresh sign-in.';
