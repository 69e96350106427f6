create or replace function app.end_support_access(id uuid) returns app.support_access
    language sql volatile parallel unsafe security invoker strict
    set search_path = ''
as $$
    select context.end_support_of_tenant(end_support_access.id)
$$;
grant execute on function app.end_support_access(uuid) to rowhouse_app;
comment on function app.end_support_access(uuid) is
    'Shows the operator''s support out, at once; needs manage_tenant. To let nobody in any more, set supportAccess to OFF.';
