create or replace function app.remove_model_provider() returns app.model_provider
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    removed constant app.model_provider := app.model_provider();
begin
    perform context.remove_model_provider();
    return removed;
end
$$;
grant execute on function app.remove_model_provider() to rowhouse_app;
comment on function app.remove_model_provider() is
    'Forgets the company''s own provider and its key, and returns what it was: from now on the installation''s answers. Needs configure_model.';
