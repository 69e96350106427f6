create or replace function app.my_usage() returns app.tenant_usage
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select * from context.tenant_usage()
$$;
grant execute on function app.my_usage() to rowhouse_app;
comment on function app.my_usage() is
    'What the caller''s tenant may have and what it has: seats, API keys, requests a minute and a day, bytes of documents. For holders of manage_tenant.';
