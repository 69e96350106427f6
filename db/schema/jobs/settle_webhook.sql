-- How an attempt went. One that failed is tried again after 5 seconds, 5 minutes, 30 minutes, 2, 5, 10, 14, 20 and 24 hours
-- (as Standard Webhooks has it), and up to a tenth later, so that what failed together does not come back together. After ten
-- attempts, about three days, it is a dead letter, and so is a test at once. An endpoint that answers 410 is switched off, and
-- so is one that has taken nothing for five days when an event dies; the tenant's owners are told by mail.
--
-- status:  of the answer; null where there was none
-- failure: what went wrong; null: it was delivered
--
-- Only the attempt that was lent is settled: one that came back too late finds that another has taken its place.
set local role rowhouse_definer;
create or replace function jobs.settle_webhook(tenant uuid, delivery uuid, attempt integer, status integer, failure text) returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    pauses   constant interval[] := '{5 seconds,5 minutes,30 minutes,2 hours,5 hours,10 hours,14 hours,20 hours,24 hours}';
    -- The endpoint first, as in jobs.claim_webhooks().
    hearing  app.webhook_endpoints;
    outcome  text;
    reason   text;
begin
    select endpoint.* into hearing
    from app.webhook_endpoints as endpoint
    join app.webhook_deliveries as one on one.tenant_id = endpoint.tenant_id and one.endpoint_id = endpoint.id
    where one.tenant_id = tenant and one.id = delivery
    for no key update of endpoint;
    update app.webhook_deliveries as one set
        state = judged.state,
        response_status = status,
        failure = settle_webhook.failure,
        settled_at = case when judged.state <> 'pending' then now() end,
        next_attempt_at = case when judged.state = 'pending' then now() + pauses[one.attempts] * (1 + random() / 10) end
    from (
        select known.id, case
            when settle_webhook.failure is null then 'delivered'
            when status is not distinct from 410 or known.attempts > cardinality(pauses) or known.type = 'webhook.test' then 'dead'
            else 'pending'
        end as state
        from app.webhook_deliveries as known
        where known.tenant_id = tenant and known.id = delivery and known.state = 'pending' and known.attempts = attempt
        for no key update
    ) as judged
    where one.tenant_id = tenant and one.id = judged.id
    returning one.state into outcome;
    if outcome is null then
        return null;
    end if;
    if settle_webhook.failure is null then
        update app.webhook_endpoints as one set failing_since = null
        where one.tenant_id = tenant and one.id = hearing.id and one.failing_since is not null;
        return outcome;
    end if;
    reason := case
        when status = 410 then 'gone'
        when outcome = 'dead' and hearing.failing_since < now() - interval '5 days' then 'failing'
    end;
    update app.webhook_endpoints as one set
        failing_since = coalesce(one.failing_since, now()),
        active = one.active and reason is null,
        disabled_reason = case when one.active then reason else one.disabled_reason end
    where one.tenant_id = tenant and one.id = hearing.id;
    if reason is not null and hearing.active then
        update app.webhook_deliveries as one set
            state = 'dead', failure = 'disabled', settled_at = now(), next_attempt_at = null
        where one.tenant_id = tenant and one.endpoint_id = hearing.id and one.state = 'pending';
        perform auth.queue_mail(gen_random_uuid(), 'webhook_disabled', person.email, person.locale, null, '{}')
        from app.memberships as owner
        join app.users as person on person.id = owner.user_id
        where owner.tenant_id = tenant and owner.is_owner and owner.status = 'active';
    end if;
    return outcome;
end
$$;
grant execute on function jobs.settle_webhook(uuid, uuid, integer, integer, text) to rowhouse_worker;
comment on function jobs.settle_webhook(uuid, uuid, integer, integer, text) is
    'Notes how an attempt went; returns the delivery''s state: delivered, pending (it is tried again) or dead. Null for an attempt that was settled already.';
reset role;
