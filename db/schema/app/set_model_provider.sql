-- Sets the provider of the caller's company as a whole: what is left out becomes nothing, but for the key, which stays for the
-- address that it came with.
--
-- key_id, sealed_key: made by the server, which encrypts the key; a null sealed_key is no new one
create or replace function app.set_model_provider(
    key_id uuid, sealed_key text, base_url text, models text[] default null, default_model text default null,
    system_prompt text default null, active boolean default true, embedding_model text default null
)
    returns app.model_provider
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
begin
    perform context.keep_model_provider(
        key_id, base_url, sealed_key, models, default_model, system_prompt, coalesce(active, true), embedding_model);
    return app.model_provider();
end
$$;
grant execute on function app.set_model_provider(uuid, text, text, text[], text, text, boolean, text) to rowhouse_app;
comment on function app.set_model_provider(uuid, text, text, text[], text, text, boolean, text) is
    'Sets the company''s own provider of models as a whole; a key that is kept stays unless another is sent. Needs configure_model.';
