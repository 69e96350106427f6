-- What whoever configures the model sees of the company's own provider: all but its key.
do $$
begin
    if to_regtype('app.model_provider') is null then
        create type app.model_provider as (
            base_url      text,
            has_key       boolean,
            models        text[],
            default_model text,
            system_prompt text,
            active        boolean,
            updated_at    timestamptz,
            embedding_model text
        );
    end if;
end
$$;
comment on type app.model_provider is 'The company''s own provider of models. Its key is written and never read.';
comment on column app.model_provider.base_url is 'Where it is asked, with its path, as in https://api.openai.com/v1.';
comment on column app.model_provider.has_key is 'Whether a key is kept for it.';
comment on column app.model_provider.models is 'The models that may be asked for; null: any.';
comment on column app.model_provider.default_model is 'The model that answers where nobody chose one; null: the first of the list, or the installation''s.';
comment on column app.model_provider.system_prompt is 'The template of the system prompt; null: the installation''s.';
comment on column app.model_provider.active is 'Whether it answers; where it does not, the installation''s does.';
comment on column app.model_provider.updated_at is 'When it was last changed.';
comment on column app.model_provider.embedding_model is 'The model that embeds documents and questions; null: none, and passages are found by words and letters.';

create or replace function app.model_provider() returns app.model_provider
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select
        known.provider ->> 'baseUrl',
        (known.provider ->> 'hasKey')::boolean,
        case when jsonb_typeof(known.provider -> 'models') = 'array'
            then array(select jsonb_array_elements_text(known.provider -> 'models')) end,
        known.provider ->> 'defaultModel',
        known.provider ->> 'systemPrompt',
        (known.provider ->> 'active')::boolean,
        (known.provider ->> 'updatedAt')::timestamptz,
        known.provider ->> 'embeddingModel'
    from (select context.model_provider() as provider) as known
    where known.provider is not null
$$;
grant execute on function app.model_provider() to rowhouse_app;
comment on function app.model_provider() is
    'The company''s own provider of models, without its key; null where it has none. For holders of configure_model.';
