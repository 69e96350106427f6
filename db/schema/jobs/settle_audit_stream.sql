-- How an attempt went. What the receiver took moves the stream to its last leaf, and the loan goes on for two minutes; what it did not
-- take is sent again after 5 seconds, 5 minutes, 30 minutes, 2, 5, 10, 14, 20 and then every 24 hours, and up to a tenth later: no
-- leaf is ever given up. A receiver that answers 410 is switched off, and so is one that has taken nothing for five days; the trail
-- says so, and the tenant's owners are told by mail.
--
-- last:    the last leaf that was sent
-- failure: what went wrong; null: it was taken
--
-- Returns until when the stream is lent now; null where it is not any more, or was changed or lent to somebody else before.
set local role rowhouse_definer;
create or replace function jobs.settle_audit_stream(
    tenant uuid, stream uuid, lent_until timestamptz, last bigint, status integer, failure text
)
    returns timestamptz
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    pauses constant interval[] := '{5 seconds,5 minutes,30 minutes,2 hours,5 hours,10 hours,14 hours,20 hours,24 hours}';
    mine   app.audit_streams;
    reason text;
begin
    select known.* into mine from app.audit_streams as known
    where known.tenant_id = tenant and known.id = stream and known.lent_until = settle_audit_stream.lent_until
    for no key update;
    if not found then
        return null;
    end if;
    if failure is null then
        update app.audit_streams as one set
            last_index = greatest(one.last_index, least(last, (
                select tree.signed_size - 1 from audit.trees as tree where tree.tenant_id = one.tenant_id))), response_status = status,
            failing_since = null, failures = 0, failure = null,
            lent_until = clock_timestamp() + interval '2 minutes'
        where one.tenant_id = tenant and one.id = stream
        returning one.lent_until into mine.lent_until;
        return mine.lent_until;
    end if;
    reason := case
        when status = 410 then 'gone'
        when mine.failing_since < now() - interval '5 days' then 'failing'
    end;
    update app.audit_streams as one set
        response_status = status,
        failure = settle_audit_stream.failure,
        failing_since = coalesce(one.failing_since, now()),
        failures = one.failures + 1,
        next_attempt_at = now() + pauses[least(one.failures + 1, cardinality(pauses))] * (1 + random() / 10),
        active = one.active and reason is null,
        disabled_reason = case when one.active then reason else one.disabled_reason end,
        lent_until = null
    where one.tenant_id = tenant and one.id = stream;
    if reason is not null and mine.active then
        perform audit.record_event('audit.push_stopped', tenant, jsonb_build_object(
            'stream', stream, 'reason', reason, 'last_index', mine.last_index, 'failing_since', mine.failing_since));
        perform auth.queue_mail(gen_random_uuid(), 'audit_stream_disabled', person.email, person.locale, null, '{}')
        from app.memberships as owner
        join app.users as person on person.id = owner.user_id
        where owner.tenant_id = tenant and owner.is_owner and owner.status = 'active';
    end if;
    return null;
end
$$;
grant execute on function jobs.settle_audit_stream(uuid, uuid, timestamptz, bigint, integer, text) to rowhouse_worker;
comment on function jobs.settle_audit_stream(uuid, uuid, timestamptz, bigint, integer, text) is
    'Notes how far a receiver has come, or that it took nothing; returns until when the stream is lent, or null.';
reset role;
