-- One stream for which there are leaves that are sealed and signed, for whoever asks to send them, and for nobody else in the next two
-- minutes: so a receiver hears of one leaf after the other, however many workers there are. If the process dies with it, another one
-- goes on from where the receiver had got: leaves may come twice, with the same index, but none is left out.
--
-- A tenant that is suspended is sent nothing; when it is opened again, it goes on behind the last leaf.
set local role rowhouse_definer;
create or replace function jobs.claim_audit_stream()
    returns table (
        tenant uuid, stream uuid, lent_until timestamptz, kind text, url text, format text, secrets jsonb, after bigint, size bigint
    )
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    mine   app.audit_streams;
    signed bigint;
begin
    select waiting.* into mine
    from app.audit_streams as waiting
    join app.tenants as company on company.id = waiting.tenant_id and company.status = 'active'
    join audit.trees as tree on tree.tenant_id = waiting.tenant_id and tree.signed_size - 1 > waiting.last_index
    where waiting.active and waiting.next_attempt_at <= now() and (waiting.lent_until is null or waiting.lent_until <= now())
        -- Two at a time of one tenant, so that its slow ones hold up nobody else.
        and (
            select count(*) from app.audit_streams as lent
            where lent.tenant_id = waiting.tenant_id and lent.lent_until > now()
        ) < 2
    order by waiting.next_attempt_at
    limit 1
    for no key update of waiting skip locked;
    if not found then
        return;
    end if;
    update app.audit_streams as lent set lent_until = clock_timestamp() + interval '2 minutes'
    where lent.tenant_id = mine.tenant_id and lent.id = mine.id
    returning lent.lent_until into mine.lent_until;
    select tree.signed_size into signed from audit.trees as tree where tree.tenant_id = mine.tenant_id;
    return query select
        mine.tenant_id, mine.id, mine.lent_until, mine.kind, mine.url, mine.format,
        (
            select jsonb_agg(jsonb_build_object('id', known.id, 'secret', known.secret) order by known.created_at desc)
            from auth.webhook_secrets as known
            where known.tenant_id = mine.tenant_id and known.stream_id = mine.id
                and (known.expires_at is null or known.expires_at > now())
        ),
        mine.last_index, signed;
end
$$;
grant execute on function jobs.claim_audit_stream() to rowhouse_worker;
comment on function jobs.claim_audit_stream() is
    'A stream for which there are signed leaves, lent for two minutes to whoever asks, with what it is signed with.';
reset role;
