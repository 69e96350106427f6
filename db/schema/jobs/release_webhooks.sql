-- Gives an endpoint back, for the next events that are due. Whoever comes back too late gives nothing back: by then it is lent
-- to somebody else.
set local role rowhouse_definer;
create or replace function jobs.release_webhooks(tenant uuid, endpoint uuid, lent_until timestamptz) returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    update app.webhook_endpoints as lent set lent_until = null
    where lent.tenant_id = tenant and lent.id = endpoint and lent.lent_until = release_webhooks.lent_until
$$;
grant execute on function jobs.release_webhooks(uuid, uuid, timestamptz) to rowhouse_worker;
comment on function jobs.release_webhooks(uuid, uuid, timestamptz) is
    'Gives an endpoint back that jobs.claim_webhooks() lent until then.';
reset role;
