create or replace function app.unlink_identity(id uuid) returns app.identity
    language sql volatile parallel unsafe security invoker strict
    set search_path = ''
as $$
    select * from context.unlink_identity_of_caller(unlink_identity.id)
$$;
grant execute on function app.unlink_identity(uuid) to rowhouse_app;
comment on function app.unlink_identity(uuid) is
    'Unlinks an account elsewhere from the caller''s, unless it is their last way to sign in.';
