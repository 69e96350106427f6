-- One endpoint with events that are due, and up to five of them in order, for whoever asks to deliver, and for nobody else in
-- the next two minutes (five times fifteen seconds, and some): so an endpoint hears of one thing after the other, however
-- many workers there are. If the process dies with them, another one has them then: an event may come twice, with the same
-- id, but is never lost.
--
-- The sequence is counted here and not where the event is written, so that what was rolled back, or is committed late, leaves
-- no gap: an endpoint gets 1, 2, 3, … A number that is missing to the receiver is being tried again, or is a dead letter.
set local role rowhouse_definer;
create or replace function jobs.claim_webhooks()
    returns table (
        tenant uuid, endpoint uuid, lent_until timestamptz, url text, secrets jsonb,
        id uuid, type text, data jsonb, sequence integer, created_at timestamptz, attempt integer
    )
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    mine app.webhook_endpoints;
begin
    select endpoint.* into mine
    from jobs.webhook_endpoints_due() as due
    join app.webhook_endpoints as endpoint on endpoint.tenant_id = due.tenant_id and endpoint.id = due.endpoint_id
    where endpoint.lent_until is null or endpoint.lent_until <= now()
    order by due.since
    limit 1
    for no key update of endpoint skip locked;
    if not found then
        return;
    end if;
    update app.webhook_endpoints as lent set lent_until = clock_timestamp() + interval '2 minutes'
    where lent.tenant_id = mine.tenant_id and lent.id = mine.id
    returning lent.lent_until into mine.lent_until;

    return query
    with due as (
        select waiting.id, waiting.sequence,
            row_number() over (order by waiting.sequence nulls last, waiting.id) as place
        from app.webhook_deliveries as waiting
        where waiting.tenant_id = mine.tenant_id and waiting.endpoint_id = mine.id
            and waiting.state = 'pending' and waiting.next_attempt_at <= now()
            and (mine.active or waiting.type = 'webhook.test')
        order by place limit 5
    ), numbered as (
        select due.id, due.place,
            coalesce(due.sequence, (mine.last_sequence + count(*) filter (where due.sequence is null) over (order by due.place))::integer) as sequence
        from due
    ), counted as (
        update app.webhook_endpoints as one set last_sequence = greatest(one.last_sequence, last.sequence)
        from (select max(numbered.sequence) as sequence from numbered) as last
        where one.tenant_id = mine.tenant_id and one.id = mine.id and last.sequence > one.last_sequence
    ), taken as (
        update app.webhook_deliveries as one set attempts = one.attempts + 1, sequence = numbered.sequence
        from numbered
        where one.tenant_id = mine.tenant_id and one.id = numbered.id
        returning one.id, one.type, one.data, one.sequence, one.created_at, one.attempts, numbered.place
    )
    select mine.tenant_id, mine.id, mine.lent_until, mine.url,
        (
            select jsonb_agg(jsonb_build_object('id', known.id, 'secret', known.secret) order by known.created_at desc, known.id)
            from auth.webhook_secrets as known
            where known.tenant_id = mine.tenant_id and known.endpoint_id = mine.id
                and (known.expires_at is null or known.expires_at > now())
        ),
        taken.id, taken.type, taken.data, taken.sequence, taken.created_at, taken.attempts
    from taken order by taken.place;
end
$$;
grant execute on function jobs.claim_webhooks() to rowhouse_worker;
comment on function jobs.claim_webhooks() is
    'Events that are due for one endpoint, in order, lent for two minutes to whoever asks, with what they are signed with.';
reset role;
