-- Gives an endpoint back, for the next events that are due.
set local role rowhouse_definer;
create or replace function jobs.release_webhooks(tenant uuid, endpoint uuid) returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    update app.webhook_endpoints as lent set lent_until = null
    where lent.tenant_id = tenant and lent.id = endpoint
$$;
grant execute on function jobs.release_webhooks(uuid, uuid) to rowhouse_worker;
comment on function jobs.release_webhooks(uuid, uuid) is 'Gives an endpoint back that jobs.claim_webhooks() lent.';
reset role;
