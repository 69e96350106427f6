-- Whether there is something of a trail to send that nobody has in hand: asked every other second.
set local role rowhouse_definer;
create or replace function jobs.audit_streams_due() returns boolean
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    select exists (
        select from app.audit_streams as stream
        join app.tenants as tenant on tenant.id = stream.tenant_id and tenant.status = 'active'
        join audit.trees as tree on tree.tenant_id = stream.tenant_id and tree.signed_size - 1 > stream.last_index
        where stream.active and stream.next_attempt_at <= now() and (stream.lent_until is null or stream.lent_until <= now())
    )
$$;
grant execute on function jobs.audit_streams_due() to rowhouse_worker;
comment on function jobs.audit_streams_due() is 'Whether leaves wait for an audit stream that no worker has in hand.';
reset role;
