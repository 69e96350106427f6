create or replace function app.delete_tenant(slug text) returns timestamptz
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    select context.close_tenant(slug)
$$;
grant execute on function app.delete_tenant(text) to rowhouse_app;
comment on function app.delete_tenant(text) is
    'Closes the tenant at once, for its owner, who repeats its slug: every session of it ends and every key. Says when all that it owns is erased; until then the operator can bring it back.';
