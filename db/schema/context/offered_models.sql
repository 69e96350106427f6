-- The models that a caller may ask for by name: those of their company's provider, or the installation's list, and always the
-- extractive generator, which costs nothing. The first is what answers where nobody chose. A provider without a list takes any
-- model; named are those that are known.
set local role rowhouse_definer;
create or replace function context.offered_models(
    installation_model text default null, installation_models text[] default null
)
    returns text[]
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
declare
    tenant constant uuid := context.tenant_requiring('chat');
    chosen auth.model_providers;
    others text[];
begin
    if tenant is null then
        perform context.refuse('chat');
    end if;
    select * into chosen from auth.model_providers as known where known.tenant_id = tenant and known.active;
    others := case when chosen.id is null then installation_model || installation_models
        else array[coalesce(chosen.default_model, chosen.models[1], installation_model)] || chosen.models end;
    return array(
        select offer.model from unnest(others || 'extractive'::text) with ordinality as offer (model, place)
        where offer.model = 'extractive' or chosen.models is null or offer.model = any (chosen.models)
        group by offer.model having offer.model is not null order by min(offer.place)
    );
end
$$;
grant execute on function context.offered_models(text, text[]) to rowhouse_app;
comment on function context.offered_models(text, text[]) is
    'The models that the caller may name, the default first; always extractive. Raises RH403.';
reset role;
