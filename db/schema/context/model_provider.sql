-- The provider of the caller's tenant for whoever configures it: all but the key, of which it says only whether there is one.
-- Null where there is none.
set local role rowhouse_definer;
create or replace function context.model_provider() returns jsonb
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select jsonb_build_object(
        'id', known.id, 'baseUrl', known.base_url, 'hasKey', known.sealed_key is not null, 'models', known.models,
        'defaultModel', known.default_model, 'embeddingModel', known.embedding_model, 'systemPrompt', known.system_prompt, 'active', known.active,
        'updatedAt', known.updated_at)
    from auth.model_providers as known
    where known.tenant_id = context.tenant_requiring('configure_model')
$$;
grant execute on function context.model_provider() to rowhouse_app;
comment on function context.model_provider() is
    'The provider of models of the caller''s tenant, without its key; null if there is none. Raises RH403.';
reset role;
