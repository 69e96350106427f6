-- Which model answers: the one that was asked for, else the person's choice, the company's, that of the company's provider,
-- the installation's. What a provider's list does not allow is refused where it was asked for (RH452), and passed over where
-- it was only somebody's taste, which may be older than the list. Without any provider there is nothing to choose.
create or replace function context.choose_model(
    wanted text, tastes text[], provider auth.model_providers, installation text
) returns text
    language plpgsql immutable parallel safe security invoker
    set search_path = ''
as $$
begin
    if provider.id is null and installation is null then
        return 'extractive';
    end if;
    if wanted is not null then
        if wanted = 'extractive' or provider.models is null or wanted = any (provider.models) then
            return wanted;
        end if;
        raise exception using
            errcode = 'RH452',
            message = 'this company does not have that model answer',
            hint = 'Ask for one of its models, or for none.';
    end if;
    return coalesce(
        (
            select taste.model from unnest(tastes) with ordinality as taste (model, place)
            where provider.models is null or taste.model = any (provider.models)
            order by taste.place limit 1
        ),
        provider.default_model, provider.models[1], installation, 'extractive'
    );
end
$$;
grant execute on function context.choose_model(text, text[], auth.model_providers, text) to rowhouse_definer;
comment on function context.choose_model(text, text[], auth.model_providers, text) is
    'Which model answers: the one asked for, else the first allowed of the preferences, the provider''s, the installation''s. Raises RH452.';
