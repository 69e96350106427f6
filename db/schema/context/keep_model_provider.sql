-- Sets the provider of models of the caller's tenant. The key comes encrypted by the server under the row's id, which the
-- server gives with it; without a new one the address may not change, so that nobody has the old key sent elsewhere. Whoever
-- has questions sent somewhere new proved lately who they are, because that outlives their session.
--
-- provider: the id that the key was encrypted under; the row keeps the one of its newest key
-- Raises RH400, RH403 configure_model, RH440, RH453.
set local role rowhouse_definer;
create or replace function context.keep_model_provider(
    provider uuid, base_url text, sealed_key text default null, models text[] default null, default_model text default null,
    system_prompt text default null, active boolean default true, embedding_model text default null
) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tenant  constant uuid := context.tenant_requiring('configure_model');
    earlier auth.model_providers;
begin
    select * into earlier from auth.model_providers as known where known.tenant_id = tenant for update;
    if found and sealed_key is null and earlier.sealed_key is not null and earlier.base_url <> base_url then
        raise exception using
            errcode = 'RH400',
            message = 'another address takes its key anew',
            hint = 'The key that is kept was given for the old address; send one for the new.';
    end if;
    if exists (select from unnest(models) as named (model) where named.model !~ '^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$') then
        raise exception using
            errcode = 'RH400',
            message = 'a model''s name has 1 to 100 letters, digits, dots, colons, slashes and hyphens',
            column = 'models';
    end if;
    perform context.check_template(system_prompt);
    if context.kind_in(context.open_seal()) = 'session'
        and (sealed_key is not null or earlier.base_url is distinct from base_url)
    then
        perform context.require_fresh_sign_in();
    end if;
    insert into auth.model_providers as known (
        tenant_id, id, base_url, sealed_key, models, default_model, embedding_model, system_prompt, active
    )
    values (
        tenant, provider, keep_model_provider.base_url, keep_model_provider.sealed_key, keep_model_provider.models,
        keep_model_provider.default_model, keep_model_provider.embedding_model, keep_model_provider.system_prompt,
        keep_model_provider.active
    )
    on conflict on constraint model_providers_tenant_id_key do update set
        id = case when excluded.sealed_key is null then known.id else excluded.id end,
        sealed_key = coalesce(excluded.sealed_key, known.sealed_key),
        base_url = excluded.base_url, models = excluded.models, default_model = excluded.default_model,
        embedding_model = excluded.embedding_model, system_prompt = excluded.system_prompt, active = excluded.active;
end
$$;
grant execute on function context.keep_model_provider(uuid, text, text, text[], text, text, boolean, text) to rowhouse_app;
comment on function context.keep_model_provider(uuid, text, text, text[], text, text, boolean, text) is
    'Sets the provider of models of the caller''s tenant, with a key that is not shown again. Raises RH400, RH403, RH440, RH453.';
reset role;
