-- Writes the sealed context of this transaction: <key id, 8 characters> <seal, 64> <body> (context.body_of). Only the
-- definer's own functions call it.
--
-- On Citus it has to be `execute format('set local …')`, which reaches the workers and takes 20 µs more.
set local role rowhouse_definer;
create or replace function context.seal(body text) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    perform set_config('rowhouse.context', sealing.id || context.mac(body, sealing.key) || body, true)
    from context.seal_keys as sealing
    where sealing.retired_at is null
    order by sealing.created_at desc, sealing.id
    limit 1;
    if not found then
        raise no_data_found using message = 'there is no key to seal with';
    end if;
end
$$;
comment on function context.seal(text) is
    'Writes the sealed context: a body and its HMAC-SHA256 under the newest seal key.';
reset role;
