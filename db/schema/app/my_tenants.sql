create or replace function app.my_tenants() returns setof app.tenancy
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select * from context.tenants_of_caller()
$$;
grant execute on function app.my_tenants() to rowhouse_app;
comment on function app.my_tenants() is
    'The companies that the caller belongs to, the one that they are in first; a hundred at most.';
