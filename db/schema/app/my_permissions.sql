create or replace function app.my_permissions() returns text[]
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select context.permissions()
$$;
grant execute on function app.my_permissions() to rowhouse_app;
comment on function app.my_permissions() is 'What the caller may do: the permissions of their role, within the scopes of their credential.';
