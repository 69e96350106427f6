-- Takes an Idempotency-Key for one attempt of a request, in the transaction that makes the request's changes: the
-- claim and the changes commit together or not at all. Every other attempt is refused at the door, before its
-- statement runs, so that of all requests with one key at most one commits anything.
--
-- claim: key and request (sha256 in hexadecimal), attempt (a uuid that the server made for this request). The later
-- transactions of the same attempt, which read what the answer shows, come through.
--
-- Raises RH422 for another request under the same key, RH423 while the first is under way, RH424 once it is over.
set local role rowhouse_definer;
create or replace function context.claim_idempotency_key(claim jsonb) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    body    constant text := context.open_seal();
    tenant  constant uuid := coalesce(context.tenant_in(body), audit.platform());
    person  constant uuid := context.user_in(body);
    wanted  bytea := decode(claim ->> 'key', 'hex');
    earlier context.idempotency_keys;
begin
    select * into earlier from context.idempotency_keys as known
    where known.tenant_id = tenant and known.user_id = person and known.key = wanted;
    if not found then
        -- Whoever holds this lock is about to claim the key or to give it up; nobody waits to learn which.
        if not pg_try_advisory_xact_lock(hashtextextended(format('%s %s %s', tenant, person, claim ->> 'key'), 0)) then
            perform context.refuse_repetition('in_progress');
        end if;
        insert into context.idempotency_keys (tenant_id, user_id, key, request, credential_id, attempt)
        values (tenant, person, wanted, decode(claim ->> 'request', 'hex'), context.credential_in(body), (claim ->> 'attempt')::uuid)
        on conflict do nothing;
        if found then
            return;
        end if;
        -- Claimed and committed between the look and the lock.
        select * into strict earlier from context.idempotency_keys as known
        where known.tenant_id = tenant and known.user_id = person and known.key = wanted;
    end if;

    case
        when earlier.attempt = (claim ->> 'attempt')::uuid then
            return;
        when earlier.request <> decode(claim ->> 'request', 'hex') then
            perform context.refuse_repetition('reused');
        when earlier.finished_at is null and earlier.created_at > now() - interval '60 seconds' then
            perform context.refuse_repetition('in_progress');
        else
            perform context.refuse_repetition('replayed');
    end case;
end
$$;
comment on function context.claim_idempotency_key(jsonb) is
    'Takes an Idempotency-Key together with the changes of its request; refuses every other attempt (RH422, RH423, RH424).';
reset role;
