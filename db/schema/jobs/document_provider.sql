-- What a claimed document's company has its passages embedded by: {provider}, its own, as context.begin_turn() lends it to its
-- turns, or null where it has none and the installation's does. No row where the claim is over, and then nobody is asked.
set local role rowhouse_definer;
create or replace function jobs.document_provider(tenant uuid, document uuid, attempt integer) returns table (provider jsonb)
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select case when own.id is not null then jsonb_build_object(
        'id', own.id, 'baseUrl', own.base_url, 'sealedKey', own.sealed_key, 'embeddingModel', own.embedding_model) end
    from app.documents as known
    left join auth.model_providers as own on own.tenant_id = known.tenant_id and own.active
    where known.tenant_id = tenant and known.id = document and known.attempt = document_provider.attempt
        and known.status = 'processing'
$$;
grant execute on function jobs.document_provider(uuid, uuid, integer) to rowhouse_worker;
comment on function jobs.document_provider(uuid, uuid, integer) is
    'The provider that embeds a claimed document''s passages, with its key as it is kept: sealed; no row where the claim is over.';
reset role;
