-- Ends what audit.begin_work() began, and notes how far the trail is sealed.
set local role rowhouse_definer;
create or replace function audit.end_work(reached audit.seal_mark) returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    update audit.seal_mark as mark
    set work = null, worker = null,
        transaction_id = reached.transaction_id, tenant_id = reached.tenant_id, event_id = reached.event_id
$$;
comment on function audit.end_work(audit.seal_mark) is
    'Ends sealing, erasing or expiring in this transaction, and notes how far the trail is sealed.';
reset role;
