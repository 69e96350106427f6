-- Gives a stream back, so that others have their turn. Whoever comes back too late gives nothing back: by then it is lent to somebody
-- else.
set local role rowhouse_definer;
create or replace function jobs.release_audit_stream(tenant uuid, stream uuid, lent_until timestamptz) returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    update app.audit_streams as lent set lent_until = null, next_attempt_at = now()
    where lent.tenant_id = tenant and lent.id = stream and lent.lent_until = release_audit_stream.lent_until
$$;
grant execute on function jobs.release_audit_stream(uuid, uuid, timestamptz) to rowhouse_worker;
comment on function jobs.release_audit_stream(uuid, uuid, timestamptz) is
    'Gives a stream back that jobs.claim_audit_stream() lent until then.';
reset role;
