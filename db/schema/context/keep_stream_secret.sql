-- Keeps the secret of an audit stream of the caller's tenant, encrypted by the server, and lets the ones before it sign along for so
-- many seconds more, a week at most.
set local role rowhouse_definer;
create or replace function context.keep_stream_secret(stream uuid, id uuid, secret text, overlap integer) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tenant constant uuid := context.tenant_requiring('manage_tenant');
    until  constant timestamptz := now() + least(greatest(coalesce(overlap, 0), 0), 604800) * interval '1 second';
begin
    perform context.tenant_requiring('view_audit');
    -- Two rotations at once take turns.
    perform from app.audit_streams as mine
    where mine.tenant_id = tenant and mine.id = stream for no key update;
    if not found then
        perform context.refuse_missing('audit stream');
    end if;
    perform context.require_fresh_sign_in();
    update auth.webhook_secrets as former set expires_at = until
    where former.tenant_id = tenant and former.stream_id = stream
        and (former.expires_at is null or former.expires_at > until);
    insert into auth.webhook_secrets (tenant_id, id, stream_id, secret)
    values (tenant, keep_stream_secret.id, stream, keep_stream_secret.secret);
end
$$;
grant execute on function context.keep_stream_secret(uuid, uuid, text, integer) to rowhouse_app;
comment on function context.keep_stream_secret(uuid, uuid, text, integer) is
    'Keeps an audit stream''s new secret and ends the ones before it. Raises RH403 (also for a key), RH404, RH440.';
reset role;
