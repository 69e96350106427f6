-- Has documents read once more whose passages are not embedded by the model that embeds their company's questions now: after a
-- company set another one, or the installation did, or a provider failed. Until each is read, what it had before answers.
--
-- A hundred of a tenant at a time, and only while none of its documents waits: one that was just brought is never behind
-- thousands that are found already. No document more than once in ten minutes. What a provider refuses it will refuse again,
-- so after a key, a request or an address was refused it takes a day, or a change of the provider. Where a budget had no room, or nobody
-- knew the price, it takes an hour, and that this is so no more.
--
-- installation_model: which embeds for whoever has no provider; null: none
-- Returns how many.
set local role rowhouse_definer;
create or replace function jobs.queue_outdated(installation_model text default null) returns integer
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    queued integer;
begin
    with wanted as materialized (
        select place.id as tenant, own.updated_at as since,
            case when own.id is null then installation_model else own.embedding_model end as model
        from app.tenants as place
        left join auth.model_providers as own on own.tenant_id = place.id and own.active
    ), outdated as materialized (
        select old.tenant_id, old.id
        from wanted
        cross join lateral (
            select known.tenant_id, known.id
            from app.documents as known
            where known.tenant_id = wanted.tenant and known.status = 'ready'
                and known.embedding_model is distinct from wanted.model
                and known.indexed_at < now() - case
                    when known.embedding_failure in (
                        'model_key_refused', 'model_refused', 'model_malformed', 'model_redirects', 'model_address_refused',
                        'prompt_too_long', 'answer_too_large'
                    ) and (wanted.since is null or wanted.since < known.indexed_at) then interval '1 day'
                    when known.embedding_failure in ('budget_exceeded', 'price_unknown') then interval '1 hour'
                    else interval '10 minutes'
                end
                and (known.embedding_failure is null or known.embedding_failure not in ('budget_exceeded', 'price_unknown')
                    or context.may_cost(known.tenant_id, known.team_id, known.user_id, wanted.model))
            order by known.id
            limit 100
            for no key update skip locked
        ) as old
        where wanted.model is not null and not exists (
            select from app.documents as waiting where waiting.tenant_id = wanted.tenant and waiting.due_at <= now()
        )
    )
    update app.documents as known set status = 'queued', progress = 0, tries = 0, due_at = now()
    from outdated
    where known.tenant_id = outdated.tenant_id and known.id = outdated.id;
    get diagnostics queued = row_count;
    return queued;
end
$$;
grant execute on function jobs.queue_outdated(text) to rowhouse_worker;
comment on function jobs.queue_outdated(text) is
    'Queues documents whose passages are not embedded as their company''s questions are; returns how many.';
reset role;
