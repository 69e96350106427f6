create or replace function app.rename_passkey(id uuid, name text) returns app.passkey
    language sql volatile parallel unsafe security invoker strict
    set search_path = ''
as $$
    select * from context.rename_passkey_of_caller(rename_passkey.id, rename_passkey.name)
$$;
grant execute on function app.rename_passkey(uuid, text) to rowhouse_app;
comment on function app.rename_passkey(uuid, text) is 'Gives a passkey of the caller''s another name.';
