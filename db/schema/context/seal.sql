-- Writes the sealed context of this transaction. Only the definer's own functions call it.
--
-- claims: kind, credential, user, tenant, role, permissions, owner, request_id, ip, user_agent.
-- `set local` through `execute` rather than set_config(): only that form reaches the workers of Citus.
set local role rowhouse_definer;
create or replace function context.seal(claims jsonb) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    sealing context.seal_keys;
    body    text := (claims || jsonb_build_object(
        'transaction', extract(epoch from transaction_timestamp()),
        'backend', pg_backend_pid(),
        'expires', extract(epoch from clock_timestamp()) + 60
    ))::text;
begin
    select * into strict sealing
    from context.seal_keys
    where retired_at is null
    order by created_at desc, id
    limit 1;

    execute format(
        'set local rowhouse.context = %L',
        sealing.id
            || '.' || encode(extensions.hmac(convert_to(body, 'UTF8'), sealing.key, 'sha256'), 'hex')
            || '.' || body
    );
end
$$;
comment on function context.seal(jsonb) is
    'Writes the sealed context: payload plus HMAC-SHA256 under the newest seal key, bound to this transaction and backend for 60 seconds.';
reset role;
