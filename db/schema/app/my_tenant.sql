create or replace function app.my_tenant() returns app.tenants
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select * from app.tenants where id = (select context.tenant_id())
$$;
grant execute on function app.my_tenant() to rowhouse_app;
comment on function app.my_tenant() is 'The tenant that the caller''s credential is for.';
