-- Which model answers: the one that was asked for, else the person's choice, the company's, that of the company's provider,
-- the installation's. What a provider's list does not allow is refused where it was asked for (RH452), and passed over where
-- it was only somebody's taste, which may be older than the list. Without any provider there is nothing to choose.
--
-- A company that has no provider of its own chooses from the installation's list, which the operator pays for: `offered`, and
-- always the one that answers by default. A company's own without a list takes any.
create or replace function context.choose_model(
    wanted text, tastes text[], provider auth.model_providers, installation text, offered text[] default null
) returns text
    language plpgsql immutable parallel safe security invoker
    set search_path = ''
as $$
declare
    allowed constant text[] := case when provider.id is null then offered || installation else provider.models end;
begin
    if provider.id is null and installation is null then
        return 'extractive';
    end if;
    if wanted is not null then
        if wanted = 'extractive' or allowed is null or wanted = any (allowed) then
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
            where allowed is null or taste.model = any (allowed)
            order by taste.place limit 1
        ),
        provider.default_model, provider.models[1], installation, 'extractive'
    );
end
$$;
grant execute on function context.choose_model(text, text[], auth.model_providers, text, text[]) to rowhouse_definer;
comment on function context.choose_model(text, text[], auth.model_providers, text, text[]) is
    'Which model answers: the one asked for, else the first allowed of the preferences, the provider''s, the installation''s. Raises RH452.';
