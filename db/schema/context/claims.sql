-- Opens the seal: what the door established for this transaction, or null if nobody entered.
--
-- Everybody may write the variable rowhouse.context; nobody but the definer can write one that opens.
-- A value that is forged, edited, copied from another transaction or backend, or too old raises RH403. (Transactions
-- that one message of the simple protocol begins share a timestamp; what is copied there is one's own.)
-- It is parallel restricted because the seal is bound to the leader's process.
set local role rowhouse_definer;
create or replace function context.claims() returns jsonb
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
declare
    value  text := nullif(current_setting('rowhouse.context', true), '');
    -- <key id, 8 characters> . <HMAC-SHA256, 64 hexadecimal digits> . <payload>
    key_id text := left(value, 8);
    seal   text := substr(value, 10, 64);
    body   text := substr(value, 75);
    claims jsonb;
begin
    if value is null then
        return null;
    end if;
    -- Digests of the two seals are compared, so that the time tells nothing of the right one.
    if (
        select sha256(convert_to(seal, 'UTF8')) = sha256(convert_to(encode(extensions.hmac(convert_to(body, 'UTF8'), sealing.key, 'sha256'), 'hex'), 'UTF8'))
        from context.seal_keys as sealing
        where sealing.id = key_id
    ) is not true then
        perform context.refuse('broken_seal');
    end if;
    claims := body::jsonb;
    if (claims ->> 'transaction')::numeric <> extract(epoch from transaction_timestamp())
        or (claims ->> 'backend')::integer <> pg_backend_pid()
        or (claims ->> 'expires')::numeric < extract(epoch from clock_timestamp())
    then
        perform context.refuse('broken_seal');
    end if;
    return claims;
end
$$;
grant execute on function context.claims() to rowhouse_app, rowhouse_auth, rowhouse_worker, rowhouse_owner;
comment on function context.claims() is
    'What the door established for this transaction, or null. Raises RH403 for a value that the door did not write.';
reset role;
